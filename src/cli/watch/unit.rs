//! The unit that `watch --print-unit` prints: a system service of the user who asks for it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::ConfigFile;
use crate::sanitize::sanitize;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};

/// How often the service manager wants to hear that the loop turns.
const WATCHDOG: &str = "2min";

/// All that is told the unit.
struct Unit {
    program: PathBuf,
    user: Option<String>,
    vault: PathBuf,
    config: Option<PathBuf>,
    key: PathBuf,
    state: Option<PathBuf>,
}

/// A complete unit for this vault and key.
///
/// # Errors
///
/// If a path cannot be written into a unit.
pub fn unit(context: &Context) -> Result<String, CliError> {
    let vault = absolute(&context.paths.vault);
    let key = context.sources.key_file.as_deref().map_or_else(|| vault.with_file_name("key.txt"), absolute);
    let config = match &context.paths.config {
        Some(ConfigFile::Named(path)) => Some(absolute(path)),
        _ => None,
    };
    let program = env::current_exe().map_err(|error| {
        let happened = format!("it cannot be told where this program lies: {error}");
        CliError::new(Exit::LocalIo, happened, "write the unit by hand; --help tells what it needs")
    })?;
    let state = context.sources.notes.as_deref().map(absolute);
    let unit = Unit { program, user: user(), vault, config, key, state };
    let paths =
        [Some(&unit.program), Some(&unit.vault), unit.config.as_ref(), Some(&unit.key), unit.state.as_ref()];
    paths.into_iter().flatten().try_for_each(|path| check(path))?;
    Ok(unit.text())
}

impl Unit {
    fn text(&self) -> String {
        let user = self.user.as_ref().map_or_else(String::new, |user| format!("User={user}\n"));
        format!(
            "\
# tokengauge: renews the connections of one vault unattended.
# Install: save this as /etc/systemd/system/tokengauge.service, then
#   sudo systemctl daemon-reload && sudo systemctl enable --now tokengauge
# The key file is read by systemd alone, and may belong to root (mode 0400). To make one:
#   tokengauge vault key-file {key}
{notes}# A proxy of your shell is not known here: add Environment=HTTPS_PROXY=… if there is one.

[Unit]
Description=tokengauge: renews the OAuth tokens of Exchange connections
Wants=network-online.target
After=network-online.target nss-lookup.target time-sync.target

[Service]
Type=notify
NotifyAccess=main
{user}ExecStart={command}
{state_home}LoadCredential=tokengauge-key:{credential}
# So that memory stays flat with glibc: two heaps for all threads, and what is large goes back at once.
Environment=MALLOC_ARENA_MAX=2
Environment=MALLOC_MMAP_THRESHOLD_=65536
Environment=MALLOC_TRIM_THRESHOLD_=131072
WatchdogSec={WATCHDOG}
Restart=on-failure
RestartSec=30
KillMode=mixed
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writes}
{private_tmp}PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
",
            key = sanitize(&self.key.display().to_string(), 4096),
            notes = self.notes(),
            command = self.command(),
            state_home = self.state_home(),
            credential = percent(&self.key),
            writes = self.writes(),
            private_tmp = self.private_tmp(),
        )
    }

    /// The service may write there only if it is there when it starts.
    fn notes(&self) -> String {
        self.state.as_ref().map_or_else(String::new, |state| {
            let place = sanitize(&state.display().to_string(), 4096);
            format!(
                "# Activity, warnings and emergency copies need their directory before the service starts. To make it:\n\
                 #   mkdir -p {place}\n"
            )
        })
    }

    fn command(&self) -> String {
        let mut words = vec![argument(&self.program), "--vault".to_owned(), argument(&self.vault)];
        if let Some(config) = &self.config {
            words.extend(["--config".to_owned(), argument(config)]);
        }
        words.push("watch".to_owned());
        words.join(" ")
    }

    /// The service has the user's home, but no variable of the shell: where notes are kept elsewhere, it is told.
    fn state_home(&self) -> String {
        let parent = self.state.as_deref().and_then(Path::parent);
        let named = env::var_os("XDG_STATE_HOME").is_some();
        parent
            .filter(|_| named)
            .map_or_else(String::new, |home| format!("Environment={}\n", quoted("XDG_STATE_HOME=", home)))
    }

    /// A directory for temporary files of its own would hide what lies in the common one.
    fn private_tmp(&self) -> &'static str {
        let needed = [Some(&self.vault), Some(&self.program), self.config.as_ref(), self.state.as_ref()];
        let is_common = |path: &PathBuf| path.starts_with("/tmp") || path.starts_with("/var/tmp");
        if needed.into_iter().flatten().any(is_common) { "" } else { "PrivateTmp=yes\n" }
    }

    fn writes(&self) -> String {
        // Not there before the first note is made.
        let state = self.state.as_ref().map(|state| format!(" {}", quoted("-", state)));
        quoted("", &self.vault) + &state.unwrap_or_default()
    }
}

/// The name of the user who asks, or the number; none for root.
fn user() -> Option<String> {
    let uid = rustix::process::getuid();
    if uid.is_root() {
        return None;
    }
    let uid = uid.as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid && is_plain(name)).then(|| name.to_owned())
    });
    Some(name.unwrap_or(uid))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A unit is text of lines: what is none in a path cannot stand in it.
fn check(path: &Path) -> Result<(), CliError> {
    if path.to_str().is_some_and(|text| !text.chars().any(char::is_control)) {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Usage,
        format!("{} cannot stand in a unit", path.display()),
        "give it a name without control characters, in UTF-8",
    ))
}

/// A word of a command: `%` and `$` mean themselves (systemd.service(5), systemd.unit(5)).
fn argument(path: &Path) -> String {
    quoted("", path).replace('$', "$$")
}

/// A word in quotes where it needs them.
fn quoted(before: &str, path: &Path) -> String {
    let text = format!("{before}{}", percent(path));
    let plain = |c: char| c.is_alphanumeric() || "/._-@+=%$,:".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
    }
}

fn percent(path: &Path) -> String {
    path.display().to_string().replace('%', "%%")
}
