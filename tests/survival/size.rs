//! How much is done: a little by default, all of it on demand.

/// Names the size.
const VARIABLE: &str = "TOKENGAUGE_SURVIVAL";

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// In continuous integration.
    Reduced,
    /// As the figures of the design ask for.
    Full,
}

impl Size {
    pub fn asked() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Ok("full") => Self::Full,
            Ok(other) => panic!("{VARIABLE} is `full` or not set, not `{other}`"),
            Err(_) => Self::Reduced,
        }
    }

    /// One of two numbers.
    pub fn of<T>(self, reduced: T, full: T) -> T {
        match self {
            Self::Reduced => reduced,
            Self::Full => full,
        }
    }
}

/// The value below which `percent` of the others are.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((values.len() * percent / 100).min(last)).copied().unwrap_or(f64::NAN)
}
