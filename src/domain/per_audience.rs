//! What there is once for each audience, and for one of them at least.

use super::Audience;

/// Something that belongs to one audience.
pub trait OfAudience {
    /// To which.
    fn audience(&self) -> &Audience;
}

/// One for each audience, never empty. Graph's stands first where there is one, the others as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerAudience<T> {
    primary: T,
    others: Vec<T>,
}

impl<T: OfAudience> PerAudience<T> {
    /// With the first one.
    pub fn new(first: T) -> Self {
        Self { primary: first, others: Vec::new() }
    }

    /// The one that a consumer gets who takes only one: Graph's where it was asked for, else the first.
    pub fn primary(&self) -> &T {
        &self.primary
    }

    /// That one, to change it.
    pub fn primary_mut(&mut self) -> &mut T {
        &mut self.primary
    }

    /// One of the others, counted from 0.
    pub fn other(&self, place: usize) -> Option<&T> {
        self.others.get(place)
    }

    /// The one of this audience.
    pub fn get(&self, audience: &Audience) -> Option<&T> {
        self.iter().find(|own| own.audience() == audience)
    }

    /// All of them, the primary one first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.primary).chain(&self.others)
    }

    /// How many, one at least.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Puts one in: in the place of the one of its audience where there is one.
    pub fn put(&mut self, new: T) {
        if self.primary.audience() == new.audience() {
            self.primary = new;
        } else if let Some(own) = self.others.iter_mut().find(|own| own.audience() == new.audience()) {
            *own = new;
        } else if *new.audience() == Audience::Graph {
            let first = std::mem::replace(&mut self.primary, new);
            self.others.insert(0, first);
        } else {
            self.others.push(new);
        }
    }

    /// Keeps those for which `keep` holds, and the last one in any case.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.others.retain(&keep);
        if !keep(&self.primary) && !self.others.is_empty() {
            self.primary = self.others.remove(0);
        }
    }

    /// The same of each.
    pub fn map<U>(&self, change: impl Fn(&T) -> U) -> PerAudience<U> {
        PerAudience { primary: change(&self.primary), others: self.others.iter().map(change).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Own(Audience, u8);

    impl OfAudience for Own {
        fn audience(&self) -> &Audience {
            &self.0
        }
    }

    fn places(all: &PerAudience<Own>) -> Vec<(&str, u8)> {
        all.iter().map(|own| (own.0.as_str(), own.1)).collect()
    }

    fn other() -> Audience {
        Audience::parse("https://a.example").unwrap()
    }

    #[test]
    fn graph_comes_first_and_the_others_as_they_came() {
        let mut all = PerAudience::new(Own(Audience::Exchange, 1));
        all.put(Own(other(), 2));
        assert_eq!(places(&all), [("exchange", 1), ("https://a.example", 2)]);
        all.put(Own(Audience::Graph, 3));
        assert_eq!(places(&all), [("graph", 3), ("exchange", 1), ("https://a.example", 2)]);
    }

    #[test]
    fn there_is_one_for_each_audience() {
        let mut all = PerAudience::new(Own(Audience::Graph, 1));
        for number in 2..5 {
            all.put(Own(Audience::Graph, number));
            all.put(Own(Audience::Exchange, number));
        }
        assert_eq!((all.count(), places(&all)), (2, vec![("graph", 4), ("exchange", 4)]));
    }

    #[test]
    fn the_last_one_stays() {
        let mut all = PerAudience::new(Own(Audience::Graph, 1));
        all.put(Own(Audience::Exchange, 2));
        all.retain(|own| own.0 == Audience::Exchange);
        assert_eq!(places(&all), [("exchange", 2)]);
        all.retain(|_| false);
        assert_eq!(places(&all), [("exchange", 2)]);
    }
}
