//! Who and where we are, as a person types it at the other end of a tunnel.

use rustix::system::uname;

/// `USER@HOST` for `ssh`; capitals stand for what is not known here.
pub(super) fn ssh_target() -> String {
    let user = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let name = uname();
    target(user.as_deref(), name.nodename().to_str().ok())
}

fn target(user: Option<&str>, host: Option<&str>) -> String {
    let host = host.and_then(plain).filter(|host| *host != "localhost" && *host != "(none)");
    format!("{}@{}", user.and_then(plain).unwrap_or("USER"), host.unwrap_or("THISHOST"))
}

/// A name that a shell takes as it stands: the line is copied into one.
fn plain(name: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_safe =
        !name.is_empty() && name.len() <= 64 && !name.starts_with('-') && name.chars().all(is_plain);
    is_safe.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_shell_would_not_take_as_they_stand_are_left_to_the_person() {
        assert_eq!(target(Some("ops"), Some("jump01.contoso.com")), "ops@jump01.contoso.com");
        assert_eq!(target(None, Some("jump01")), "USER@jump01");
        assert_eq!(target(Some("ops;reboot"), Some("$(x)")), "USER@THISHOST");
        assert_eq!(target(Some("-oProxyCommand=x"), Some("localhost")), "USER@THISHOST");
        assert_eq!(target(Some("\u{1b}[2J"), Some("")), "USER@THISHOST");
    }
}
