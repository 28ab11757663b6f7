//! A browser without a screen: keeps cookies, follows redirects, submits forms.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, redirect};
use tokio::runtime::Runtime;
use url::{Url, form_urlencoded};

/// What a request brought.
pub struct Page {
    pub status: u16,
    pub body: String,
    url: Url,
    location: Option<String>,
}

impl Page {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The first form: where it goes, and what it holds.
    pub fn form(&self) -> (String, Vec<(String, String)>) {
        let form = self.body.split("<form").nth(1).expect("the page has a form");
        let inputs = form.split("<input").skip(1).map(|input| input.split('>').next().unwrap());
        let pairs = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
        let action = self.url.join(&attribute(form, "action").unwrap()).unwrap();
        (action.into(), pairs.collect())
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!("{name}=\""))?.1;
    Some(rest.split_once('"')?.0.replace("&amp;", "&").replace("&#x3D;", "="))
}

/// Cookies are kept by name: the server gives each its own.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new() -> Self {
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            client: Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    pub fn get(&mut self, url: &str) -> Page {
        self.send(Method::GET, url, None)
    }

    pub fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.post_body(url, &body)
    }

    /// Posts a form that is encoded already.
    pub fn post_body(&mut self, url: &str, body: &str) -> Page {
        self.send(Method::POST, url, Some(body.to_owned()))
    }

    /// Follows redirects from here until an address that begins with `end`, which is not asked for, and tells it.
    pub fn follow(&mut self, url: &str, end: &str) -> String {
        let page = self.get(url);
        self.walk(page, end).unwrap_or_else(|page| panic!("the browser stays on: {}", page.body))
    }

    /// Follows redirects to the page that is there to be read.
    pub fn read(&mut self, url: &str) -> Page {
        let page = self.get(url);
        self.settle(page)
    }

    /// Submits the form of a page with what was typed into it, and follows redirects to the next page.
    fn submit_with(&mut self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let (action, pairs) = page.form();
        let held = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs: Vec<(&str, &str)> = held.chain(typed.iter().copied()).collect();
        let page = self.post(&action, &pairs);
        self.settle(page)
    }

    /// Types the code on the page for devices, says that it is the right one, signs in and accepts.
    pub fn approve_device(&mut self, verification_uri: &str, user_code: &str) {
        let end = self.answer_device(verification_uri, user_code, &[]);
        assert!(end.body.contains("You have signed in."), "{}", end.body);
    }

    /// Types the code, and says that it is not the one.
    pub fn decline_device(&mut self, verification_uri: &str, user_code: &str) {
        let end = self.answer_device(verification_uri, user_code, &[("abort", "yes")]);
        assert!(end.body.contains("AbortedError"), "{}", end.body);
    }

    fn answer_device(&mut self, verification_uri: &str, user_code: &str, typed: &[(&str, &str)]) -> Page {
        let entry = self.read(verification_uri);
        let confirmation = self.submit_with(&entry, &[("user_code", user_code)]);
        self.submit_with(&confirmation, typed)
    }

    fn settle(&mut self, page: Page) -> Page {
        self.walk(page, "nowhere:").expect_err("no address begins so")
    }

    fn walk(&mut self, mut page: Page, end: &str) -> Result<String, Page> {
        for _ in 0..20 {
            let Some(location) = page.location.take() else { return Err(page) };
            if location.starts_with(end) {
                return Ok(location);
            }
            let next = page.url.join(&location).unwrap();
            page = self.get(next.as_str());
        }
        panic!("redirected without end");
    }

    fn send(&mut self, method: Method, url: &str, form: Option<String>) -> Page {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method, url).header(COOKIE, cookies.join("; "));
        if let Some(form) = form {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        }
        let (head, body) = self.runtime.block_on(async {
            let mut response = request.send().await.unwrap();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.unwrap() {
                body.extend_from_slice(&chunk);
            }
            (response, body)
        });
        for cookie in head.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Page {
            status: head.status().as_u16(),
            body: String::from_utf8(body).unwrap(),
            url: head.url().clone(),
            location: head.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned()),
        }
    }
}

/// The parameter of an address, from its query or its fragment.
pub fn parameter(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).unwrap();
    let parts = [url.query(), url.fragment()].into_iter().flatten();
    parts
        .flat_map(|part| form_urlencoded::parse(part.as_bytes()))
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.into_owned())
}
