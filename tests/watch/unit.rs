//! The unit for systemd.

use std::fs;
use std::process::Command;

use super::home::{Home, binary};
use super::needs;

#[test]
fn a_unit_is_printed_without_a_vault() {
    let home = Home::empty();
    let run = home.bare(&["--key-file", "keys/one", "watch", "--print-unit"]).is(0);
    assert_eq!(run.err, "");
    let has = |line: &str| run.out.lines().any(|own| own == line);
    let (program, vault) = (binary().display(), home.vault().display().to_string());
    assert!(has(&format!("ExecStart={program} --vault {vault} watch")), "{}", run.out);
    let key = home.path("keys/one").display().to_string();
    assert!(has(&format!("LoadCredential=tokengauge-key:{key}")), "{}", run.out);
    assert!(run.out.contains(&format!("ReadWritePaths={vault} -")), "{}", run.out);
    assert!(run.out.contains("\n#   mkdir -p "), "{}", run.out);
    assert!(run.out.lines().any(|own| own.starts_with("After=") && own.ends_with(" time-sync.target")));
    for line in ["Type=notify", "Restart=on-failure", "NoNewPrivileges=yes", "ProtectSystem=strict"] {
        assert!(has(line), "{line}");
    }
}

#[test]
fn systemd_accepts_the_unit_whatever_the_paths_are() {
    if !needs::program("systemd-analyze") {
        return;
    }
    for name in ["vault", "a vault, 100% \"mine\" $HOME \\ é"] {
        let home = Home::empty();
        let vault = home.path(name);
        let arguments = ["--vault", vault.to_str().unwrap(), "watch", "--print-unit"];
        let unit = home.anywhere().args(arguments).output().unwrap();
        assert!(unit.status.success());
        let path = home.path("tokengauge.service");
        fs::write(&path, unit.stdout).unwrap();
        let verified =
            Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output().unwrap();
        let told = String::from_utf8_lossy(&verified.stderr).into_owned();
        let ours: Vec<&str> = told.lines().filter(|line| line.contains("tokengauge")).collect();
        assert!(verified.status.success() && ours.is_empty(), "{told}");
    }
}
