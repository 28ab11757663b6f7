//! What settings must keep to, together: the rules between tenant, cloud, way in, credential, permissions and redirect
//! URI. One place for the form, the command line and imports. Each field alone is checked where it is parsed.

use super::app_registration::CredentialKind;
use super::audience::GRAPH_HOSTS;
use super::authority::CUSTOM_CLOUD;
use super::{Capture, ResponseMode, Scope, Settings, WayIn};

/// What cannot work. Its text says what is wrong, [`SettingsFault::what_to_do`] what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFault {
    /// Client credentials at `organizations` and the like (the platform answers 50194 or 90002).
    #[error("client credentials need one tenant: there is nobody whose tenant it could be")]
    NoSingleTenant,
    /// Client credentials without a credential (7000218).
    #[error("client credentials need a client secret or a certificate")]
    NoCredential,
    /// Client credentials with anything but one `.default` (1002012, 70011).
    #[error("client credentials ask for exactly one scope, .default of one resource")]
    NotOneDefault,
    /// `.default` beside other permissions (70011).
    #[error(".default stands alone: it cannot be asked for beside other permissions")]
    DefaultMixed,
    /// `common`, `consumers` or the tenant of personal accounts in a national cloud.
    #[error("personal accounts live in the global cloud only")]
    PersonalAccountsElsewhere,
    /// A tenant's own domain that belongs to another cloud.
    #[error("this tenant's domain belongs to another cloud")]
    DomainOfOtherCloud,
    /// A permission of the Graph of another cloud: tokens of one cloud mean nothing in another.
    #[error("a permission names the Graph of another cloud")]
    ScopeOfOtherCloud,
    /// A listener on this machine behind an address that leads elsewhere (RFC 8252 §7.3).
    #[error("what listens on this machine is reached at a plain http address of localhost only")]
    NotALoopback,
    /// A query in the redirect URI where personal accounts may sign in.
    #[error("a redirect URI has no query where personal accounts may sign in")]
    QueryForPersonalAccounts,
}

/// What works, and is worth knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsRemark {
    /// Device code: the registration must allow it (7000218 otherwise).
    PublicClientFlows,
    /// The mailbox is of another domain than the tenant.
    OtherDomain,
    /// A permission of Exchange Web Services.
    EwsRetiring,
    /// form_post to the page of the login service: what is posted there is never seen.
    PostedToNativePage,
    /// form_post, and nothing here that receives it: it does not stand in the address.
    PostedToNobody,
}

/// Which setting a rule is about, so that it can be said beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// The tenant.
    Tenant,
    /// The way in.
    WayIn,
    /// The mailbox.
    SignInAs,
    /// The redirect URI.
    RedirectUri,
    /// The response mode.
    ResponseMode,
    /// The permissions.
    Scopes,
}

impl SettingsFault {
    /// What helps.
    pub fn what_to_do(self) -> &'static str {
        match self {
            Self::NoSingleTenant => "Give the tenant's id, or a domain such as contoso.com.",
            Self::NoCredential => "Give a secret or a certificate, or let a person sign in.",
            Self::NotOneDefault => "Ask for https://graph.microsoft.com/.default, or .default of Exchange.",
            Self::DefaultMixed => "Ask for .default of one resource alone, or for permissions by name.",
            Self::PersonalAccountsElsewhere => "Use organizations or the tenant itself, or the global cloud.",
            Self::DomainOfOtherCloud => {
                "Choose the cloud of that tenant: .onmicrosoft.us is GCC High or DoD, .onmschina.cn China."
            }
            Self::ScopeOfOtherCloud => "Give the permission by its name alone, such as Mail.Read.",
            Self::NotALoopback => "Use an address such as http://localhost:8400/, or paste the answer.",
            Self::QueryForPersonalAccounts => "Leave out all from ? on, and register it so.",
        }
    }

    /// Which setting it is about.
    pub fn concern(self) -> Concern {
        match self {
            Self::NoSingleTenant | Self::PersonalAccountsElsewhere | Self::DomainOfOtherCloud => {
                Concern::Tenant
            }
            Self::NoCredential => Concern::WayIn,
            Self::NotOneDefault | Self::DefaultMixed | Self::ScopeOfOtherCloud => Concern::Scopes,
            Self::NotALoopback | Self::QueryForPersonalAccounts => Concern::RedirectUri,
        }
    }
}

impl SettingsRemark {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::PublicClientFlows => {
                "the registration must allow it: Authentication → Allow public client flows → Yes"
            }
            Self::OtherDomain => {
                "another domain than the tenant's: right for a guest, or where the tenant has several"
            }
            Self::EwsRetiring => Scope::EWS_RETIREMENT,
            Self::PostedToNativePage => {
                "form_post leaves nothing to copy on the page of the login service: use query"
            }
            Self::PostedToNobody => {
                "form_post puts the answer into no address: only a listener here receives it. Use query to paste"
            }
        }
    }

    /// Which setting it is about.
    pub fn concern(self) -> Concern {
        match self {
            Self::PublicClientFlows => Concern::WayIn,
            Self::OtherDomain => Concern::SignInAs,
            Self::EwsRetiring => Concern::Scopes,
            Self::PostedToNativePage | Self::PostedToNobody => Concern::ResponseMode,
        }
    }
}

/// The first thing that cannot work. `credential` is how the client will prove itself, where that is known.
pub fn check(settings: &Settings, credential: Option<CredentialKind>) -> Result<(), SettingsFault> {
    match faults(settings, credential).first() {
        Some(fault) => Err(*fault),
        None => Ok(()),
    }
}

/// All that cannot work, the most important first.
pub fn faults(settings: &Settings, credential: Option<CredentialKind>) -> Vec<SettingsFault> {
    use SettingsFault as F;
    let client_only = !settings.way_in.is_delegated();
    let browser = settings.way_in.capture();
    let redirect = &settings.redirect_uri;
    let listens = browser.is_some_and(Capture::listens);
    let personal = settings.tenant.takes_personal_accounts();
    let defaults = settings.scopes.iter().filter(|scope| scope.is_default()).count();
    let named = settings.scopes.iter().filter(|scope| !scope.is_default() && !scope.is_openid()).count();
    [
        (F::PersonalAccountsElsewhere, personal && is_national(settings)),
        (F::DomainOfOtherCloud, is_domain_of_other_cloud(settings)),
        (F::ScopeOfOtherCloud, settings.scopes.iter().any(|scope| is_graph_of_other_cloud(scope, settings))),
        (F::NoSingleTenant, client_only && !settings.tenant.is_specific()),
        (F::NoCredential, client_only && credential == Some(CredentialKind::Public)),
        (F::NotOneDefault, client_only && !settings.scopes.is_one_default()),
        (F::DefaultMixed, !client_only && defaults > 0 && defaults + named > 1),
        (F::NotALoopback, listens && !redirect.is_plain_loopback()),
        (F::QueryForPersonalAccounts, browser.is_some() && personal && redirect.url().query().is_some()),
    ]
    .into_iter()
    .filter_map(|(fault, is_so)| is_so.then_some(fault))
    .collect()
}

/// All that works and is worth knowing.
pub fn remarks(settings: &Settings) -> Vec<SettingsRemark> {
    use SettingsRemark as R;
    let browser = settings.way_in.capture();
    let posted = browser.is_some() && settings.response_mode == ResponseMode::FormPost;
    let native = settings.redirect_uri.is_native_page();
    let listens = browser.is_some_and(Capture::listens);
    [
        (R::PublicClientFlows, settings.way_in == WayIn::DeviceCode),
        (R::OtherDomain, settings.way_in.is_delegated() && is_of_other_domain(settings)),
        (R::EwsRetiring, settings.scopes.iter().any(Scope::is_ews)),
        (R::PostedToNativePage, posted && native),
        (R::PostedToNobody, posted && !native && !listens),
    ]
    .into_iter()
    .filter_map(|(remark, is_so)| is_so.then_some(remark))
    .collect()
}

/// Microsoft's own domains under which the tenants of the national clouds are made, with their clouds.
const DOMAINS_OF_CLOUDS: [(&str, &[&str]); 2] =
    [(".onmicrosoft.us", &["gcc-high", "dod"]), (".onmschina.cn", &["china"])];

fn is_in_table(settings: &Settings) -> bool {
    settings.authority.cloud == "global" || is_national(settings)
}

fn is_domain_of_other_cloud(settings: &Settings) -> bool {
    let tenant = settings.tenant.as_str();
    is_in_table(settings)
        && DOMAINS_OF_CLOUDS.iter().any(|(domain, clouds)| {
            tenant.ends_with(domain) && !clouds.contains(&settings.authority.cloud.as_str())
        })
}

fn is_graph_of_other_cloud(scope: &Scope, settings: &Settings) -> bool {
    let host = scope.as_str().split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let own = settings.authority.graph.host_str();
    is_in_table(settings) && host.is_some_and(|host| GRAPH_HOSTS.contains(&host) && Some(host) != own)
}

/// True for the clouds of governments and of China. An authority of one's own may hold whom it likes.
fn is_national(settings: &Settings) -> bool {
    !matches!(settings.authority.cloud.as_str(), "global" | "simulated" | CUSTOM_CLOUD)
}

/// True if tenant and mailbox both name a domain, and not the same one or a part of it.
fn is_of_other_domain(settings: &Settings) -> bool {
    let tenant = settings.tenant.as_str();
    let mailbox = settings.sign_in_as.as_ref().and_then(|mailbox| mailbox.as_str().rsplit_once('@'));
    let (true, Some((_, domain))) = (tenant.contains('.'), mailbox) else { return false };
    let domain = domain.to_ascii_lowercase();
    domain != tenant && !domain.ends_with(&format!(".{tenant}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clouds::Cloud;
    use crate::domain::{ClientId, Mailbox, RedirectUri, ScopeSet, Tenant};

    const GRAPH_DEFAULT: &str = "https://graph.microsoft.com/.default";
    const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

    fn settings() -> Settings {
        Settings {
            client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11").unwrap(),
            authority: Cloud::named("global").unwrap().authority(),
            tenant: Tenant::parse("contoso.com").unwrap(),
            sign_in_as: Mailbox::parse("ops@contoso.com"),
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
            response_mode: ResponseMode::Query,
            renewal: crate::domain::RenewalRule::default(),
            scopes: ScopeSet::parse_lenient("Mail.Send offline_access"),
        }
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings = settings();
        change(&mut settings);
        settings
    }

    fn app_only(change: impl FnOnce(&mut Settings)) -> Settings {
        with(|own| {
            own.way_in = WayIn::ClientCredentials;
            own.scopes = ScopeSet::parse_lenient(GRAPH_DEFAULT);
            change(own);
        })
    }

    fn tenant(own: &mut Settings, text: &str) {
        own.tenant = Tenant::parse(text).unwrap();
    }

    fn redirect(own: &mut Settings, text: &str) {
        own.redirect_uri = RedirectUri::parse(text).unwrap();
    }

    const SECRET: Option<CredentialKind> = Some(CredentialKind::Secret);

    #[test]
    fn what_works_has_no_fault() {
        let good = [
            settings(),
            app_only(|_| {}),
            with(|own| tenant(own, "common")),
            with(|own| tenant(own, PERSONAL)),
            with(|own| own.way_in = WayIn::DeviceCode),
            with(|own| own.way_in = WayIn::AuthorizationCode(Capture::Tunnel)),
            with(|own| own.scopes = ScopeSet::parse_lenient(&format!("{GRAPH_DEFAULT} offline_access"))),
            with(|own| redirect(own, "https://apps.contoso.com/cb?x=1")),
            // Hidden settings of a way in that has no browser hinder nobody.
            app_only(|own| redirect(own, "https://apps.contoso.com/cb?x=1")),
            with(|own| {
                own.way_in = WayIn::DeviceCode;
                redirect(own, "https://apps.contoso.com/cb?x=1");
                tenant(own, "common");
            }),
        ];
        for settings in good {
            assert_eq!(faults(&settings, SECRET), [], "{settings:?}");
        }
        assert_eq!(check(&app_only(|_| {}), None), Ok(()), "what is not known is no fault");
    }

    #[test]
    fn what_cannot_work_is_told() {
        use SettingsFault as F;
        let listening = WayIn::AuthorizationCode(Capture::Loopback);
        let bad: [(Settings, SettingsFault); 15] = [
            (app_only(|own| tenant(own, "organizations")), F::NoSingleTenant),
            (app_only(|own| tenant(own, "common")), F::NoSingleTenant),
            (app_only(|own| tenant(own, PERSONAL)), F::NoSingleTenant),
            (app_only(|own| own.scopes = ScopeSet::parse_lenient("Mail.Send")), F::NotOneDefault),
            (app_only(|own| own.scopes = ScopeSet::parse_lenient(".default")), F::NotOneDefault),
            (app_only(|own| own.scopes = ScopeSet::default()), F::NotOneDefault),
            (
                app_only(|own| {
                    own.scopes = ScopeSet::parse_lenient(&format!("{GRAPH_DEFAULT} offline_access"));
                }),
                F::NotOneDefault,
            ),
            (
                with(|own| own.scopes = ScopeSet::parse_lenient(&format!("{GRAPH_DEFAULT} Mail.Send"))),
                F::DefaultMixed,
            ),
            (with(|own| own.authority = cloud("china")), F::PersonalAccountsElsewhere),
            (with(|own| own.authority = cloud("dod")), F::PersonalAccountsElsewhere),
            (with(|own| own.authority = cloud("gcc-high")), F::PersonalAccountsElsewhere),
            (
                with(|own| {
                    own.way_in = listening;
                    redirect(own, "https://localhost:8400/");
                }),
                F::NotALoopback,
            ),
            (
                with(|own| {
                    own.way_in = WayIn::AuthorizationCode(Capture::Tunnel);
                    redirect(own, "https://apps.contoso.com/cb");
                }),
                F::NotALoopback,
            ),
            (
                with(|own| {
                    tenant(own, "consumers");
                    redirect(own, "https://apps.contoso.com/cb?x=1");
                }),
                F::QueryForPersonalAccounts,
            ),
            (
                with(|own| {
                    tenant(own, "common");
                    redirect(own, "http://localhost:8400/?x");
                }),
                F::QueryForPersonalAccounts,
            ),
        ];
        for (mut settings, fault) in bad {
            if fault == F::PersonalAccountsElsewhere {
                for text in ["consumers", "common", PERSONAL] {
                    tenant(&mut settings, text);
                    assert_eq!(check(&settings, SECRET), Err(fault), "{text}");
                }
                tenant(&mut settings, "organizations");
                assert_eq!(check(&settings, SECRET), Ok(()));
                continue;
            }
            assert_eq!(check(&settings, SECRET), Err(fault), "{settings:?}");
        }
        assert_eq!(check(&app_only(|_| {}), Some(CredentialKind::Public)), Err(F::NoCredential));
    }

    fn cloud(name: &str) -> crate::domain::Authority {
        Cloud::named(name).unwrap().authority()
    }

    #[test]
    fn what_is_worth_knowing_is_remarked() {
        use SettingsRemark as R;
        let post = |own: &mut Settings| own.response_mode = ResponseMode::FormPost;
        let listen = |own: &mut Settings| own.way_in = WayIn::AuthorizationCode(Capture::Loopback);
        assert_eq!(remarks(&settings()), []);
        assert_eq!(remarks(&with(|own| own.way_in = WayIn::DeviceCode)), [R::PublicClientFlows]);
        assert_eq!(remarks(&with(|own| tenant(own, "fabrikam.com"))), [R::OtherDomain]);
        assert_eq!(remarks(&with(post)), [R::PostedToNobody]);
        let native = "https://login.microsoftonline.com/common/oauth2/nativeclient";
        let ews = "https://outlook.office365.com/EWS.AccessAsUser.All";
        assert_eq!(remarks(&with(|own| own.scopes = ScopeSet::parse_lenient(ews))), [R::EwsRetiring]);
        let to_native_page = with(|own| {
            post(own);
            redirect(own, native);
        });
        assert_eq!(remarks(&to_native_page), [R::PostedToNativePage]);
        let to_listener = with(|own| {
            post(own);
            listen(own);
        });
        assert_eq!(remarks(&to_listener), []);
        let fragment = with(|own| {
            own.response_mode = ResponseMode::Fragment;
            listen(own);
        });
        assert_eq!(remarks(&fragment), [], "a page of the listener hands it back");
    }

    #[test]
    fn a_part_of_the_tenants_domain_is_no_other_domain() {
        let mailbox = |text: &str| {
            remarks(&with(|own| own.sign_in_as = Mailbox::parse(text))).contains(&SettingsRemark::OtherDomain)
        };
        assert!(!mailbox("ops@EU.contoso.com") && !mailbox("ops@CONTOSO.com"));
        assert!(mailbox("ops@notcontoso.com"));
    }

    #[test]
    fn what_belongs_to_another_cloud_is_a_fault() {
        let cloud = |own: &mut Settings, name: &str| own.authority = Cloud::named(name).unwrap().authority();
        for (name, domain, expected) in [
            ("global", "contoso.onmicrosoft.us", Some(SettingsFault::DomainOfOtherCloud)),
            ("gcc-high", "contoso.partner.onmschina.cn", Some(SettingsFault::DomainOfOtherCloud)),
            ("china", "contoso.partner.onmschina.cn", None),
            ("dod", "contoso.onmicrosoft.us", None),
            ("china", "contoso.com", None),
        ] {
            let own = with(|own| {
                cloud(own, name);
                tenant(own, domain);
            });
            assert_eq!(faults(&own, None).first().copied(), expected, "{name} {domain}");
        }
        let own = with(|own| {
            cloud(own, "china");
            own.scopes = ScopeSet::parse_lenient("https://graph.microsoft.com/Mail.Read");
        });
        assert_eq!(faults(&own, None), [SettingsFault::ScopeOfOtherCloud]);
    }
}
