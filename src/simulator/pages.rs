//! The simulated platform's pages: sign-in with consent, an error, and the form that posts an answer.

use std::fmt::Write as _;

use super::parameters::Parameters;
use super::scenario::User;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}\
     fieldset{border:0;padding:0;margin:1rem 0}label{display:block}button{font:inherit;padding:.4rem 1rem}\
     pre{white-space:pre-wrap}.note{color:#555}";

/// What the sign-in and consent page shows.
pub(super) struct SignInPage<'a> {
    pub(super) application: &'a str,
    /// The organisation that registered the application.
    pub(super) publisher: &'a str,
    /// Who may sign in, the hinted one first.
    pub(super) users: &'a [&'a User],
    /// What is asked for, and whether it needs an administrator.
    pub(super) permissions: &'a [(String, bool)],
    /// The request's own parameters, which the form sends again.
    pub(super) carried: &'a Parameters,
}

/// Sign-in and consent on one page.
pub(super) fn sign_in(page: &SignInPage<'_>) -> String {
    let mut form = String::from("<form id=\"sign-in\" method=\"post\">\n");
    for (name, value) in page.carried.pairs().filter(|(name, _)| !name.starts_with("sim_")) {
        push_hidden(&mut form, name, value);
    }
    push_users(&mut form, page.users);
    push_permissions(&mut form, page.permissions);
    form.push_str(
        "<button name=\"sim_consent\" value=\"accept\">Accept</button>\n\
         <button name=\"sim_consent\" value=\"decline\">Cancel</button>\n</form>\n",
    );
    let heading = format!(
        "<h1>Sign in</h1>\n<p><strong>{}</strong> by {} asks for access.</p>\n",
        escape(page.application),
        escape(page.publisher)
    );
    document("Sign in", &(heading + &form))
}

fn push_users(form: &mut String, users: &[&User]) {
    form.push_str("<fieldset><legend>Who are you?</legend>\n");
    for (index, user) in users.iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let _ = writeln!(
            form,
            "<label><input type=\"radio\" name=\"sim_user\" value=\"{}\"{checked}> {} ({})</label>",
            escape(&user.upn),
            escape(&user.name),
            escape(&user.upn)
        );
    }
    form.push_str("</fieldset>\n");
}

fn push_permissions(form: &mut String, permissions: &[(String, bool)]) {
    form.push_str("<p>Permissions requested:</p>\n<ul>\n");
    for (name, needs_administrator) in permissions {
        let note =
            if *needs_administrator { " <span class=\"note\">needs an administrator</span>" } else { "" };
        let _ = writeln!(form, "<li>{}{note}</li>", escape(name));
    }
    form.push_str("</ul>\n");
}

/// Where a person types the code that the device shows.
pub(super) fn enter_code() -> String {
    let form = "<h1>Enter the code</h1>\n<p>Only enter a code that you asked for yourself.</p>\n\
                <form id=\"code\" method=\"post\">\n\
                <label>Code <input name=\"user_code\" autocomplete=\"off\" autofocus></label>\n\
                <button>Next</button>\n</form>\n";
    document("Sign in to your device", form)
}

/// The end of something that goes back to no client.
pub(super) fn done(told: &str) -> String {
    document("Done", &format!("<p id=\"done\">{}</p>\n", escape(told)))
}

/// An error that only the person sees.
pub(super) fn error(description: &str) -> String {
    let body =
        format!("<h1>We could not sign you in</h1>\n<pre id=\"error\">{}</pre>\n", escape(description));
    document("Sign-in error", &body)
}

/// A form that submits itself to the client (OAuth 2.0 Form Post Response Mode).
pub(super) fn form_post(action: &str, fields: &[(&str, String)]) -> String {
    let mut form = format!("<form id=\"answer\" method=\"post\" action=\"{}\">\n", escape(action));
    for (name, value) in fields {
        push_hidden(&mut form, name, value);
    }
    form.push_str(
        "<noscript><button>Continue</button></noscript>\n</form>\n<script>document.forms[0].submit()</script>\n",
    );
    document("Working", &form)
}

fn push_hidden(form: &mut String, name: &str, value: &str) {
    let _ = writeln!(form, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} (simulated)</title>\
         <style>{STYLE}</style></head>\n<body>\n{body}\
         <p class=\"note\">This is a simulation. Nothing here reaches a real tenant.</p>\n</body></html>\n"
    )
}

/// Text as HTML, inside an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A bare carriage return would be read as a line feed.
            '\r' => escaped.push_str("&#13;"),
            '\n' => escaped.push_str("&#10;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The opposite of [`escape`], for the simulated browser.
pub(super) fn unescape(html: &str) -> String {
    html.replace("&#13;", "\r")
        .replace("&#10;", "\n")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_values_cannot_leave_their_attribute() {
        let page = form_post("http://localhost/", &[("state", "\"><script>alert(1)</script>".into())]);
        assert!(!page.contains("<script>alert"));
    }

    #[test]
    fn unescape_undoes_escape() {
        let text = "a&amp;b <c> \"d\"\r\n&lt;";
        assert_eq!(unescape(&escape(text)), text);
    }
}
