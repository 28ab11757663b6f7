//! The known name that a mistyped one is closest to.

use super::{Permission, catalogue};

/// As many slips as a name of a dozen letters may hold and still be that name.
const SLIPS: usize = 2;

/// The permission whose name differs by two letters at most (one in a short name), without regard to case; none where
/// the name itself is known.
pub fn nearest(name: &str) -> Option<&'static Permission> {
    let wanted = name.to_ascii_lowercase();
    let allowed = if wanted.len() < 8 { 1 } else { SLIPS };
    let near = catalogue().to_choose().filter_map(|own| {
        let is_comparable = own.folded_name.len().abs_diff(wanted.len()) <= allowed;
        let slips = is_comparable.then(|| distance(own.folded_name.as_bytes(), wanted.as_bytes()))?;
        (1..=allowed).contains(&slips).then_some((slips, own))
    });
    if catalogue().named(name).is_some() {
        return None;
    }
    near.min_by_key(|(slips, _)| *slips).map(|(_, own)| own)
}

/// How many letters are put in, left out, changed or swapped with their neighbour (Damerau's distance, adjacent swaps).
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let changed = last[column] + usize::from(letter != against);
            let mut slips = changed.min(last[column + 1] + 1).min(this[column] + 1);
            let is_swap = row > 0 && column > 0 && one[row - 1] == *against && *letter == other[column - 1];
            if is_swap {
                slips = slips.min(before_last[column - 1] + 1);
            }
            this.push(slips);
        }
        before_last = std::mem::replace(&mut last, this);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(name: &str) -> Option<&'static str> {
        nearest(name).map(|own| own.name)
    }

    #[test]
    fn a_slip_leads_to_the_name_that_was_meant() {
        assert_eq!(near("Mail.Sned"), Some("Mail.Send"));
        assert_eq!(near("Calendar.ReadWrite"), Some("Calendars.ReadWrite"));
        assert_eq!(near("contacts.readwrit"), Some("Contacts.ReadWrite"));
        assert_eq!(near("offline_acess"), Some("offline_access"));
    }

    #[test]
    fn a_known_name_and_a_strange_one_have_no_neighbour() {
        for name in ["Mail.Send", "mail.send", "user_impersonation", "Own", ""] {
            assert_eq!(near(name), None, "{name}");
        }
    }

    #[test]
    fn distance_counts_slips() {
        assert_eq!(distance(b"send", b"send"), 0);
        assert_eq!(distance(b"sned", b"send"), 1);
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"mail", b"email"), 1);
    }
}
