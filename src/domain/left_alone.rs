//! Who is left alone until a person acts, in one sentence, whoever tells it.

use super::ConnectionName;

/// So many are all named; of more it is the first ones.
const ALL_NAMED: usize = 5;
const FIRST_NAMED: usize = 3;

/// Names within a sentence: all of a few, else the first and how many more.
pub fn in_short(names: &[&ConnectionName]) -> String {
    let shown = if names.len() <= ALL_NAMED { names.len() } else { FIRST_NAMED };
    let told: Vec<&str> = names[..shown].iter().map(|name| name.as_str()).collect();
    match names.len() - shown {
        0 => told.join(", "),
        more => format!("{} and {more} others", told.join(", ")),
    }
}

/// That these are not renewed until a person acts; nothing where there is none.
pub fn left_alone(names: &[&ConnectionName]) -> Option<String> {
    let told = || format!("left alone, a person must act: {}; see tokengauge doctor", in_short(names));
    (!names.is_empty()).then(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(count: usize) -> Option<String> {
        let names: Vec<ConnectionName> =
            (1..=count).map(|number| ConnectionName::parse(&format!("c{number}")).unwrap()).collect();
        left_alone(&names.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_few_are_all_named_and_of_many_the_first() {
        assert_eq!(told(0), None);
        let sentence =
            |names: &str| Some(format!("left alone, a person must act: {names}; see tokengauge doctor"));
        assert_eq!(told(1), sentence("c1"));
        assert_eq!(told(5), sentence("c1, c2, c3, c4, c5"));
        assert_eq!(told(6), sentence("c1, c2, c3 and 3 others"));
    }
}
