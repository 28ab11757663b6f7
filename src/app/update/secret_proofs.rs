//! What answers and records do to the replacement of a client secret: a proof that came, the last word, what another program
//! has done meanwhile.

use chrono::{DateTime, Utc};

use crate::app::{
    App, AppFacts, Effect, Failure, FailureKind, Notice, ProofNews, Reading, ReplacementEnd,
    ReplacementFacts, RequestId, SecretPanel, SecretPhase, SecretToProve,
};
use crate::domain::app_registration::CredentialFacts;
use crate::domain::{ConnectionId, Proof, Unproven, Verdict};

use super::secret_replacement::entered_at;

impl App {
    pub(super) fn take_proof(
        &mut self,
        request: RequestId,
        news: ProofNews,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let ProofNews { connection, proof, overview } = news;
        if self.in_flight.get(&connection) != Some(&request) {
            return Vec::new();
        }
        self.in_flight.remove(&connection);
        if let Some(overview) = overview.filter(|own| self.connections.get(&own.id).is_some()) {
            self.note_pause(&overview, now);
            self.connections.put(*overview);
        }
        let why = proof.as_ref().err().map_or(FailureKind::Fault, |failure| failure.kind);
        self.hold_back_if_still_due(&connection, why, now);
        if let Err(failure) = &proof {
            self.complain(failure.clone(), now);
        }
        let mut awaiting = self.take_secret_panel();
        let effects = match awaiting.as_mut().filter(|(_, panel)| panel.awaits(&connection)) {
            None => self.take_late_proof(&connection, &proof, now),
            Some((_, panel)) => self.take_awaited_proof(panel, &connection, proof),
        };
        awaiting.into_iter().for_each(|panel| self.put_secret_panel(panel));
        effects
    }

    fn take_awaited_proof(
        &mut self,
        panel: &mut SecretPanel,
        connection: &ConnectionId,
        proof: Result<Proof, Failure>,
    ) -> Vec<Effect> {
        let was_held = panel.holds_recorded();
        let effects = match &proof {
            // It may have been ended by another program.
            Err(_) if was_held => self.read_records_again(),
            Ok(Proof::Proven) => {
                self.outdate_reading();
                Vec::new()
            }
            _ => Vec::new(),
        };
        panel.take_proof(connection, proof);
        effects
    }

    /// Of a replacement that was stopped: it was in the air by then.
    fn take_late_proof(
        &mut self,
        connection: &ConnectionId,
        proof: &Result<Proof, Failure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let name = self.connections.get(connection).map_or("", |own| own.name.as_str());
        let told = match proof {
            Ok(Proof::Proven) => format!("{name} uses the new secret; both are kept. S goes on."),
            Ok(Proof::Refused(why)) => format!("{name} keeps the old secret: {why}."),
            Ok(Proof::Unproven(_)) | Err(_) => return self.read_records_again(),
        };
        self.tell(Notice::plain(told, now));
        self.read_records_again()
    }

    /// What is read by now was there before what was just noted.
    fn outdate_reading(&mut self) {
        if let Reading::UnderWay(request) = self.reading {
            self.reading = Reading::Outdated(request);
        }
    }

    /// What the records say by now of the replacement that is shown: another program may have proven more, or ended it. One
    /// that cannot be read says nothing.
    pub(super) fn follow_replacement(&mut self, now: DateTime<Utc>) {
        let Some(mut panel) = self.take_secret_panel() else { return };
        match self.app_facts(&panel.1.client_id) {
            Some(AppFacts { replacement: Some(own), .. }) => panel.1.follow(own),
            Some(AppFacts { replacement: None, credential, .. }) if panel.1.may_be_ended_elsewhere() => {
                let told = panel.1.ended_elsewhere(credential);
                self.tell(Notice::plain(told, now));
                return;
            }
            _ => {}
        }
        self.put_secret_panel(panel);
    }

    pub(super) fn take_replacement_end(
        &mut self,
        request: RequestId,
        result: Result<(), Failure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let Some(mut panel) = self.take_secret_panel() else { return self.read_records_again() };
        let is_awaited = matches!(panel.1.phase, SecretPhase::Ending(_, own, _) if own == request);
        if is_awaited && let SecretPhase::Ending(run, _, end) = panel.1.phase {
            match (result, end) {
                (Ok(()), ReplacementEnd::BackToOld) => {
                    self.tell(Notice::plain("All connections use the old secret again.", now));
                    return self.read_records_again();
                }
                (Ok(()), ReplacementEnd::TakeNew) => {
                    panel.1.row = None;
                    panel.1.phase = SecretPhase::Done { run, copies: 0 };
                }
                (Err(failure), _) => {
                    self.complain(failure, now);
                    panel.1.phase = SecretPhase::Settled(run, SecretToProve::Held, Verdict::Partly);
                }
            }
        }
        self.put_secret_panel(panel);
        self.read_records_again()
    }
}

impl SecretPanel {
    /// True if what is proven here is held by the record.
    fn holds_recorded(&self) -> bool {
        matches!(
            &self.phase,
            SecretPhase::Proving(_, SecretToProve::Held)
                | SecretPhase::Settled(_, SecretToProve::Held, _)
                | SecretPhase::Asking(_, SecretToProve::Held, _)
                | SecretPhase::GoingBack(_, SecretToProve::Held)
        )
    }

    fn follow(&mut self, record: &ReplacementFacts) {
        if self.holds_recorded() {
            self.candidate_since = entered_at(&record.candidate);
        }
        if let SecretPhase::Settled(run, SecretToProve::Held, _) = &mut self.phase {
            run.follow(&record.proven_for);
        }
    }

    /// True if what the record no longer holds is not ended from here.
    fn may_be_ended_elsewhere(&self) -> bool {
        match &self.phase {
            SecretPhase::Proving(run, SecretToProve::Held)
            | SecretPhase::Settled(run, SecretToProve::Held, _)
            | SecretPhase::Asking(run, SecretToProve::Held, _) => !run.is_under_way(),
            _ => false,
        }
    }

    /// What another program has made of it, by what the registration proves itself with now.
    fn ended_elsewhere(&self, in_use: &CredentialFacts) -> &'static str {
        match entered_at(in_use) {
            Some(since) if self.in_use_since == Some(since) => {
                "Another program has ended this: all connections use the old secret again."
            }
            Some(since) if self.candidate_since == Some(since) => {
                "Another program has ended this: all connections use the new secret."
            }
            Some(_) => "Another program has ended this: another secret is in use.",
            None => "Another program has ended this: no secret is in use any more.",
        }
    }

    /// True if a renewal of this connection, begun here, is on its way.
    fn awaits(&self, connection: &ConnectionId) -> bool {
        self.run().is_some_and(|run| run.awaits(connection))
    }

    /// What stands in our own way says nothing of the secret, which stays: the portal shows it once.
    fn take_proof(&mut self, connection: &ConnectionId, proof: Result<Proof, Failure>) {
        let (SecretPhase::Proving(run, secret)
        | SecretPhase::Asking(run, secret, _)
        | SecretPhase::GoingBack(run, secret)) = &mut self.phase
        else {
            return;
        };
        match proof {
            Ok(proof) => {
                if proof == Proof::Proven {
                    *secret = SecretToProve::Held;
                }
                run.take(connection, proof);
            }
            Err(failure) => {
                run.take(connection, Proof::Unproven(Unproven::Hindered(failure.what_happened)));
            }
        }
    }
}
