//! The JSON of hand-overs. An entry of a kind that is not known here is passed over. An earlier version wrote only when, to
//! whom and the fingerprint.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::json::Text;
use crate::domain::hand_over::{Fingerprint, Label};
use crate::domain::{ConnectionValue, Consumer, Destination, HandOver, HandedOver};

/// What stands for the format of an export that was remembered without it.
const FORMAT_UNKNOWN: &str = "earlier";

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct HandOverRecord<'a> {
    at: DateTime<Utc>,
    consumer: ConsumerWord,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    format: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ValueWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<DestinationWord>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    path: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<DateTime<Utc>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<DateTime<Utc>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConsumerWord {
    AppConnect,
    SnapLogic,
    N8n,
    Other,
    Export,
    Value,
    #[default]
    #[serde(other)]
    Unknown,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueWord {
    ClientId,
    ClientSecret,
    AccessToken,
    RefreshToken,
    #[default]
    #[serde(other)]
    Unknown,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DestinationWord {
    Clipboard,
    File,
    Stdout,
    #[default]
    #[serde(other)]
    Unknown,
}

impl<'a> From<&'a HandOver> for HandOverRecord<'a> {
    fn from(hand_over: &'a HandOver) -> Self {
        let (consumer, format, value) = match &hand_over.what {
            HandedOver::Form(consumer) => (ConsumerWord::from(*consumer), None, None),
            HandedOver::Export(format) => (ConsumerWord::Export, Some(Text::of(format.as_str())), None),
            HandedOver::Value(value) => (ConsumerWord::Value, None, Some(ValueWord::from(*value))),
        };
        let (to, path) = match &hand_over.destination {
            Destination::Clipboard => (DestinationWord::Clipboard, None),
            Destination::File(path) => (DestinationWord::File, Some(Text::of(path.as_str()))),
            Destination::Stdout => (DestinationWord::Stdout, None),
        };
        Self {
            at: hand_over.at,
            consumer,
            format,
            value,
            to: Some(to),
            path,
            set: hand_over.set,
            refresh_token: hand_over.refresh_token.as_ref().map(|print| Text::owned(print.to_string())),
            client_secret: hand_over.client_secret,
        }
    }
}

impl HandOverRecord<'_> {
    pub(super) fn into_hand_over(self) -> Option<HandOver> {
        Some(HandOver {
            at: self.at,
            what: self.what()?,
            destination: self.destination()?,
            set: self.set,
            refresh_token: self.refresh_token.map(|text| Fingerprint::from_stored(text.as_str())),
            client_secret: self.client_secret,
        })
    }

    fn what(&self) -> Option<HandedOver> {
        let consumer = match self.consumer {
            ConsumerWord::AppConnect => Consumer::AppConnect,
            ConsumerWord::SnapLogic => Consumer::SnapLogic,
            ConsumerWord::N8n => Consumer::N8n,
            ConsumerWord::Other => Consumer::Other,
            ConsumerWord::Export => {
                let format = self.format.as_ref().map_or(FORMAT_UNKNOWN, Text::as_str);
                return Some(HandedOver::Export(Label::of(format)));
            }
            ConsumerWord::Value => return self.value.as_ref()?.value().map(HandedOver::Value),
            ConsumerWord::Unknown => return None,
        };
        Some(HandedOver::Form(consumer))
    }

    fn destination(&self) -> Option<Destination> {
        match (&self.to, &self.consumer) {
            (Some(DestinationWord::Clipboard), _) => Some(Destination::Clipboard),
            (Some(DestinationWord::File), _) => {
                Some(Destination::File(Label::of(self.path.as_ref()?.as_str())))
            }
            (Some(DestinationWord::Stdout), _) | (None, ConsumerWord::Export) => Some(Destination::Stdout),
            (None, _) => Some(Destination::Clipboard),
            (Some(DestinationWord::Unknown), _) => None,
        }
    }
}

impl From<Consumer> for ConsumerWord {
    fn from(consumer: Consumer) -> Self {
        match consumer {
            Consumer::AppConnect => Self::AppConnect,
            Consumer::SnapLogic => Self::SnapLogic,
            Consumer::N8n => Self::N8n,
            Consumer::Other => Self::Other,
        }
    }
}

impl From<ConnectionValue> for ValueWord {
    fn from(value: ConnectionValue) -> Self {
        match value {
            ConnectionValue::ClientId => Self::ClientId,
            ConnectionValue::ClientSecret => Self::ClientSecret,
            ConnectionValue::AccessToken | ConnectionValue::OtherAccessToken(_) => Self::AccessToken,
            ConnectionValue::RefreshToken => Self::RefreshToken,
        }
    }
}

impl ValueWord {
    fn value(&self) -> Option<ConnectionValue> {
        match self {
            Self::ClientId => Some(ConnectionValue::ClientId),
            Self::ClientSecret => Some(ConnectionValue::ClientSecret),
            Self::AccessToken => Some(ConnectionValue::AccessToken),
            Self::RefreshToken => Some(ConnectionValue::RefreshToken),
            Self::Unknown => None,
        }
    }
}
