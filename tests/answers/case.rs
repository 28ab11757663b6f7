//! The cases as types. A field, grant, generator or outcome that is not known here fails the test that reads them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub grant: Grant,
    pub http_status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    pub body_generator: Option<Generator>,
    pub expect: Expect,
    #[serde(rename = "behaviour")]
    _behaviour: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    RefreshToken,
    AuthorizationCode,
    ClientCredentials,
    DeviceCode,
    DeviceAuthorization,
}

/// A body that is made.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Generator {
    Repeat { prefix: String, unit: String, count: u64, suffix: String, transfer: Option<String> },
    GzipBomb { inflated_bytes: u64 },
    Drip { bytes_per_second: u64, total: u64 },
    HeadersThenHang,
    ResetAfterRequest,
    Bytes { hex: String },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub outcome: Outcome,
    pub exit_code: Option<i32>,
    pub stored_refresh_token: Stored,
    pub precondition: Option<Precondition>,
    pub requests_max: Option<usize>,
    pub retry_after_min_s: Option<i64>,
    pub interval_s: Option<i64>,
    pub interval_add_s: Option<i64>,
    pub expires_in: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    Pending,
    SlowDown,
    SigninNeeded,
    ConfigError,
    Transient,
    ProtocolError,
    DeviceEnded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    New,
    Unchanged,
    ValueOfOtherProcess,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Precondition {
    #[serde(rename = "vault changed by other process during the request")]
    VaultChangedDuringRequest,
}

/// What a server would have to send for ever, or never, is met over a socket only.
pub const LONGEST_MADE: u64 = 1024 * 1024;

impl Case {
    /// The body, where it is one that can be read at all.
    pub fn body(&self) -> Option<Vec<u8>> {
        match (&self.body, &self.body_generator) {
            (Some(body), None) => Some(body.clone().into_bytes()),
            (None, Some(generator)) => generator.body(),
            _ => panic!("{}: either a body or a generator", self.id),
        }
    }

    /// Every string in the body that stands for a credential.
    pub fn planted(&self) -> Vec<String> {
        let body: Value = self.body().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
        let fields = ["access_token", "refresh_token", "id_token", "device_code"];
        let texts = fields.iter().filter_map(|field| body[*field].as_str()).filter(|text| text.len() > 3);
        texts.map(str::to_owned).collect()
    }
}

impl Generator {
    fn body(&self) -> Option<Vec<u8>> {
        match self {
            Self::Repeat { prefix, unit, count, suffix, transfer } => {
                assert!(matches!(transfer.as_deref(), None | Some("chunked")), "{transfer:?}");
                let count = usize::try_from(*count).ok().filter(|count| (*count as u64) < LONGEST_MADE)?;
                Some(format!("{prefix}{}{suffix}", unit.repeat(count)).into_bytes())
            }
            Self::Bytes { hex } => Some(bytes_of(hex)),
            Self::GzipBomb { .. } | Self::Drip { .. } | Self::HeadersThenHang | Self::ResetAfterRequest => {
                None
            }
        }
    }
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// One of them.
pub fn case(id: &str) -> Case {
    cases().into_iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../cases/token-endpoint.json")).unwrap();
    assert_eq!(cases.len(), 74);
    cases
}
