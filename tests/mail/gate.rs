//! Who is let in: somebody for whom the simulated tenant issued this token, for this purpose, and only while it is valid.

use std::sync::{Arc, Mutex};

use tokengauge::runtime::clock::Clock;
use tokengauge::simulator::Simulator;

use crate::xoauth2::InitialResponse;

/// The `aud` of tokens for mail servers.
const EXCHANGE: &str = "https://outlook.office.com";

/// Somebody wanted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knock {
    /// And was let in, with this token.
    Admitted { user: String, token: String },
    /// And was not, for this reason.
    Refused(Fault),
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    NotXoauth2,
    UnknownToken,
    OtherAudience,
    NotValidNow,
    OtherUser,
    NoPermission,
    NoMailbox,
}

/// The door of one server, and the list of who knocked.
#[derive(Clone)]
pub struct Gate {
    simulator: Arc<Mutex<Simulator>>,
    permission: &'static str,
    /// Tokens that the server takes no more, whatever their dates say.
    revoked: Arc<Mutex<Vec<String>>>,
    knocks: Arc<Mutex<Vec<Knock>>>,
}

impl Gate {
    /// One for whoever has this permission.
    pub fn new(simulator: Arc<Mutex<Simulator>>, permission: &'static str) -> Self {
        Self { simulator, permission, revoked: Arc::default(), knocks: Arc::default() }
    }

    /// Lets in or not, and remembers it.
    pub fn admits(&self, base64: &str) -> bool {
        let knock = match self.check(base64) {
            Ok(InitialResponse { user, token }) => Knock::Admitted { user, token },
            Err(fault) => Knock::Refused(fault),
        };
        let is_in = matches!(knock, Knock::Admitted { .. });
        self.knocks.lock().unwrap().push(knock);
        is_in
    }

    /// Who knocked, in order.
    pub fn knocks(&self) -> Vec<Knock> {
        self.knocks.lock().unwrap().clone()
    }

    /// Takes this token no more.
    pub fn revoke(&self, token: &str) {
        self.revoked.lock().unwrap().push(token.to_owned());
    }

    fn check(&self, base64: &str) -> Result<InitialResponse, Fault> {
        let response = InitialResponse::read(base64).ok_or(Fault::NotXoauth2)?;
        let simulator = self.simulator.lock().unwrap();
        let claims = simulator.verify_access_token(&response.token).ok_or(Fault::UnknownToken)?;
        let now = Clock::system().now().timestamp();
        let user = simulator.scenario().users.iter().find(|user| user.oid == claims.oid);
        let is_revoked = self.revoked.lock().unwrap().contains(&response.token);
        let has_permission = claims.scp.split(' ').any(|permission| permission == self.permission);
        let faults = [
            (claims.aud != EXCHANGE, Fault::OtherAudience),
            (is_revoked || now < claims.nbf || now >= claims.exp, Fault::NotValidNow),
            (!claims.upn.eq_ignore_ascii_case(&response.user), Fault::OtherUser),
            (!has_permission, Fault::NoPermission),
            (!user.is_some_and(|user| user.mailbox), Fault::NoMailbox),
        ];
        match faults.into_iter().find(|(is_so, _)| *is_so) {
            Some((_, fault)) => Err(fault),
            None => Ok(response),
        }
    }
}
