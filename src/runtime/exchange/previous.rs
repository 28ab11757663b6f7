//! The refresh token before the newest one: tried once where the platform refuses the newest, which has never worked.
//!
//! The newest came with an answer, and the platform may have thought better of it: its own record of it was lost, or a
//! backup of it was put back. What the token before it brings is taken like anything else.

use chrono::{DateTime, Utc};

use crate::domain::{Connection, RefreshGrant, Tokens};
use crate::oauth::token_answer::{Reaction, TokenAnswer, TokenRefusal};
use crate::oauth::token_request::TokenRequest;
use crate::runtime::http::SendError;

use super::{Grant, Ready, request};

/// Which of the refresh tokens a request spends.
#[derive(Debug)]
pub(super) enum Spends {
    /// The newest.
    Current,
    /// The one before it, since the newest was refused like that.
    Previous(Box<TokenRefusal>),
}

impl Spends {
    /// What a person should hear where the request worked.
    pub(super) fn remark(&self) -> Option<&'static str> {
        match self {
            Self::Current => None,
            Self::Previous(_) => Some("the newest refresh token was refused, the one before it worked"),
        }
    }

    /// The tokens, with the one in front that has just worked.
    pub(super) fn worked(&self, tokens: &mut Tokens) {
        if let Self::Previous(_) = self {
            put_previous_in_front(tokens);
        }
    }

    /// Where the one before was refused as well, the first refusal stands: it is about the token that counts.
    pub(super) fn judge<'a>(
        &self,
        answer: Result<TokenAnswer, &'a SendError>,
    ) -> Result<TokenAnswer, &'a SendError> {
        match (self, answer) {
            (Self::Previous(first), Ok(TokenAnswer::Unusable { refresh_token: None, refusal }))
                if !matches!(refusal.reaction, Reaction::TryLater(_) | Reaction::ProtocolError) =>
            {
                Ok(TokenAnswer::Unusable { refresh_token: None, refusal: (**first).clone() })
            }
            (_, answer) => answer,
        }
    }
}

impl Ready {
    /// The request with the token before the newest, if there is one and the answer says that the newest is of no use.
    pub(super) fn request_with_previous(
        &mut self,
        answer: Result<&TokenAnswer, &&SendError>,
        grant: &Grant,
        now: DateTime<Utc>,
    ) -> Option<TokenRequest> {
        let Ok(TokenAnswer::Unusable { refresh_token: None, refusal }) = answer else { return None };
        // A server that revokes what was used once takes a replay for theft.
        let is_strict = self.connection.settings.authority.is_strict();
        if is_strict || !matches!(self.spends, Spends::Current) || !is_about_the_token(refusal) {
            return None;
        }
        let connection = with_previous(&self.connection)?;
        let again = request(&connection, &self.app, grant, now).ok()?;
        self.spends = Spends::Previous(Box::new(refusal.clone()));
        Some(again)
    }
}

/// True if the platform says that it does not know this refresh token: no word of consent, of the person or of the client.
/// Other numbers have causes of their own, such as a changed password, and these end the token before it as well.
fn is_about_the_token(refusal: &TokenRefusal) -> bool {
    let Some(platform) = &refusal.platform else { return false };
    refusal.reaction == Reaction::SignInNeeded
        && platform.error.unsanitized() == "invalid_grant"
        && platform.codes.first().is_none_or(|code| matches!(code, 70_000 | 70_008))
}

/// The connection as it was before the newest refresh token came; `None` where the one before is not held any more.
fn with_previous(connection: &Connection) -> Option<Connection> {
    connection.tokens.as_ref()?.refresh.as_ref()?.previous.as_ref()?;
    let mut connection = connection.clone();
    connection.tokens.iter_mut().for_each(put_previous_in_front);
    Some(connection)
}

fn put_previous_in_front(tokens: &mut Tokens) {
    if let Some(RefreshGrant { current, previous: previous @ Some(_), .. }) = &mut tokens.refresh
        && let Some(before) = previous.take()
    {
        *current = before;
    }
}
