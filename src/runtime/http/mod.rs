//! The way to the platform: a form is posted, a document is got; limits on time and size, no redirects followed.
//!
//! [`proxy`] decides which way a request takes, [`lookup`] finds the host, [`trust`] decides whether it is the right
//! one, `answer` reads what it says, and `words` tells in two lines what went wrong.

mod answer;
mod certificate;
pub mod lookup;
pub mod proxy;
pub mod trust;
mod words;

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, redirect};
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use url::Url;
use zeroize::Zeroizing;

use crate::config::ConfigFile;
use crate::domain::authority::is_loopback;
use crate::domain::secret::{AccessToken, RequestBody, Secret};
use crate::oauth::token_answer::HttpAnswer;
use crate::oauth::token_request::TokenRequest;

use super::clock::Clock;
use super::entropy;
use lookup::{Lookup, Resolver};
use proxy::{Proxy, ProxyRules};
use trust::Trust;
pub use words::{Hop, SendError, SendStage};
use words::{Way, in_words};

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Name lookup alone.
    pub lookup: Duration,
    /// From the lookup to a secured connection.
    pub connect: Duration,
    /// Everything, to the last byte of the answer.
    pub exchange: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(8),
            connect: Duration::from_secs(10),
            exchange: Duration::from_secs(30),
        }
    }
}

/// How the outside is reached.
#[derive(Debug, Clone)]
pub struct Network {
    /// Which hosts are reached through a proxy.
    pub proxies: ProxyRules,
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// How names become addresses.
    pub lookup: Lookup,
    /// How long things may take.
    pub limits: Limits,
}

impl Network {
    /// As the environment of this process tells; the configuration file may name one more CA file. Nothing is read yet.
    pub fn of_process(config: Option<ConfigFile>) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            proxies: ProxyRules::read(variable),
            trust: Trust::read(variable, config),
            lookup: Lookup::system(),
            limits: Limits::default(),
        }
    }
}

/// Sends requests. TLS is set up when it is first needed.
#[derive(Debug)]
pub struct TokenClient {
    network: Network,
    clock: Clock,
    tls: OnceCell<ClientConfig>,
    /// For plain http, which never leaves this machine.
    plain: OnceCell<Client>,
    direct: OnceCell<Client>,
    proxied: OnceCell<Client>,
}

impl TokenClient {
    /// A client. The clock is compared with those of the servers.
    pub fn new(network: Network, clock: Clock) -> Self {
        Self {
            network,
            clock,
            tls: OnceCell::new(),
            plain: OnceCell::new(),
            direct: OnceCell::new(),
            proxied: OnceCell::new(),
        }
    }

    /// Posts a token request and reads the answer.
    pub async fn post(&self, request: TokenRequest) -> Result<HttpAnswer, SendError> {
        self.post_form(&request.url, &request.body).await
    }

    /// Posts a form (`application/x-www-form-urlencoded`) and reads the answer.
    pub async fn post_form(&self, url: &Url, form: &RequestBody) -> Result<HttpAnswer, SendError> {
        let prepare = |client: &Client| {
            client
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.expose().to_owned())
        };
        self.send(url, prepare).await
    }

    /// Gets a document.
    pub async fn get(&self, url: &Url) -> Result<HttpAnswer, SendError> {
        self.send(url, |client| client.get(url.clone())).await
    }

    /// Gets a document as the holder of a token (RFC 6750 §2.1).
    pub async fn get_as(&self, url: &Url, token: &AccessToken) -> Result<HttpAnswer, SendError> {
        let bearer = bearer(token)?;
        self.send(url, |client| client.get(url.clone()).header(header::AUTHORIZATION, bearer)).await
    }

    /// The proxy by which an address is reached, as it is told.
    ///
    /// # Errors
    ///
    /// If the variable that names it holds no address.
    pub fn proxy_for(&self, url: &Url) -> Result<Option<&Proxy>, SendError> {
        self.network.proxies.proxy_for(url)
    }

    async fn send(
        &self,
        url: &Url,
        prepare: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<HttpAnswer, SendError> {
        let proxy = self.network.proxies.proxy_for(url)?;
        let way = Way::new(url, proxy, self.network.limits);
        let request = prepare(self.client(url, proxy).await?);
        let request = request.header("client-request-id", entropy::request_guid());
        let response = request.send().await.map_err(|error| in_words(&error, &way))?;
        answer::read(response, &way, self.clock).await
    }

    async fn client(&self, url: &Url, proxy: Option<&Proxy>) -> Result<&Client, SendError> {
        let plain = url.scheme() == "http";
        match (plain, proxy) {
            // The form would travel in clear; no setting and no record may ask for that.
            (true, _) if !is_loopback(url) => Err(words::plain_http(url)),
            // No certificate is needed, so a machine without any runs the demo.
            (true, _) => self.plain.get_or_try_init(async || self.build(trust::nobody()?, None)).await,
            (false, None) => self.direct.get_or_try_init(async || self.build(self.tls().await?, None)).await,
            (false, Some(_)) => {
                self.proxied.get_or_try_init(async || self.build(self.tls().await?, proxy)).await
            }
        }
    }

    async fn tls(&self) -> Result<ClientConfig, SendError> {
        let load = async || {
            let trust = self.network.trust.clone();
            // Files are read, perhaps from a slow disk.
            match spawn_blocking(move || trust.config()).await {
                Ok(config) => Ok(config?),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        };
        self.tls.get_or_try_init(load).await.cloned()
    }

    fn build(&self, tls: ClientConfig, proxy: Option<&Proxy>) -> Result<Client, SendError> {
        let limits = self.network.limits;
        let mut builder = Client::builder()
            .user_agent(concat!("tokengauge/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers())
            .tls_backend_preconfigured(tls)
            .dns_resolver(Resolver::new(self.network.lookup.clone(), limits.lookup))
            .connect_timeout(limits.connect)
            .timeout(limits.exchange)
            .redirect(redirect::Policy::none())
            // Requests are minutes apart: a kept connection would mostly be one that the other side has closed.
            .pool_max_idle_per_host(0)
            // What the environment says has been read already.
            .no_proxy();
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy.for_client()?);
        }
        builder.build().map_err(|_| words::no_tls())
    }
}

/// The header that shows a token, and is shown nowhere itself.
fn bearer(token: &AccessToken) -> Result<HeaderValue, SendError> {
    let text = Zeroizing::new(format!("Bearer {}", token.expose()));
    let mut value = HeaderValue::from_str(&text).map_err(|_| words::odd_token())?;
    value.set_sensitive(true);
    Ok(value)
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}
