//! The dashboard's keys in an advice, as commands: for whoever reads it elsewhere than on the dashboard.

use crate::domain::ConnectionName;

use super::Failure;

/// What each key does, as a command.
const COMMANDS: [(&str, &str); 9] = [
    ("(a)", "authorize"),
    ("(e)", "edit"),
    ("(e, tab 2)", "edit"),
    ("(tab 2)", "edit"),
    ("(p)", "redeem"),
    ("(A)", "consent"),
    ("(c)", "refresh --accept-restored"),
    ("(t)", "doctor --probe"),
    ("(2)", "show"),
];

impl Failure {
    /// With the commands for this connection in the place of keys.
    #[must_use]
    pub fn in_commands(self, name: &ConnectionName) -> Self {
        let in_commands = |advice: String, (keys, command): &(&str, &str)| {
            advice.replace(keys, &format!("(tokengauge {command} {name})"))
        };
        // That one is about the app registration, whoever it serves.
        let what_to_do = self.what_to_do.replace("(S)", "(tokengauge secret CLIENT-ID)");
        Self { what_to_do: COMMANDS.iter().fold(what_to_do, in_commands), ..self }
    }
}
