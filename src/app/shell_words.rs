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

/// The keys in an advice as commands for the connection of this name, or for one that is not known: `NAME`.
pub fn in_commands(advice: &str, name: &str) -> String {
    // That one is about the app registration, whoever it serves.
    let advice = advice.replace("(S)", "(tokengauge secret CLIENT-ID)");
    COMMANDS.iter().fold(advice, |advice, (keys, command)| {
        advice.replace(keys, &format!("(tokengauge {command} {name})"))
    })
}

impl Failure {
    /// With the commands for this connection in the place of keys.
    #[must_use]
    pub fn in_commands(self, name: &ConnectionName) -> Self {
        Self { what_to_do: in_commands(&self.what_to_do, name.as_str()), ..self }
    }
}
