//! Goes through the pasted text, reads every candidate, and decides between what was found (P5 to P9, P16).

use super::address::{Address, Target, scheme, scheme_head};
use super::answer::answer;
use super::candidate::{Candidate, Reading, next_start};
use super::clean::{MAX_BYTES, is_forbidden};
use super::parameters::{Parameters, Plus, decode};
use super::{Expectation, Refusal, Reply, bare};

/// Bytes of joined text (see [`Candidate::effort`]) that are read before the paste is given up: far more than a chat log needs, and little enough
/// for a text made to be slow (thousands of one-letter lines).
const WORK_LIMIT: usize = 128 * MAX_BYTES;

/// Reads a cleaned text.
pub(super) fn search(text: &str, expectation: &Expectation<'_>) -> Result<Reply, Refusal> {
    let mut search = Search::new(text, expectation);
    search.run()?;
    search.decide()
}

struct Search<'s> {
    text: &'s str,
    expectation: &'s Expectation<'s>,
    target: Target<'s>,
    work: usize,
    addresses: Findings,
    strings: Findings,
    authorize_url: bool,
    other_address: Option<Refusal>,
}

/// What answers of one kind have come to.
#[derive(Default)]
struct Findings {
    good: Vec<Reply>,
    refusal: Option<Refusal>,
}

/// What a candidate turned out to be.
enum Verdict {
    Good(Reply),
    Refused(Refusal),
    Authorize,
    Elsewhere(Refusal),
    /// Elsewhere, and with a code or an error: somebody's answer, but not ours.
    AnswerElsewhere(Refusal),
    Nothing,
}

impl<'s> Search<'s> {
    fn new(text: &'s str, expectation: &'s Expectation<'s>) -> Self {
        Self {
            text,
            expectation,
            target: Target::new(expectation.redirect_uri),
            work: 0,
            addresses: Findings::default(),
            strings: Findings::default(),
            authorize_url: false,
            other_address: None,
        }
    }

    fn run(&mut self) -> Result<(), Refusal> {
        let mut from = 0;
        while let Some(start) = next_start(self.text, from) {
            let candidate = Candidate::new(self.text, start, |line| self.begins_anew(line));
            self.spend(candidate.effort())?;
            from = self.take(&candidate)?.unwrap_or(start).max(start + 1);
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.work += bytes + 1;
        if self.work > WORK_LIMIT { Err(Refusal::TooLong) } else { Ok(()) }
    }

    /// A line that is an address of its own is not the rest of another one.
    fn begins_anew(&self, line: &str) -> bool {
        let known = |scheme: &str| {
            starts_with_ignoring_case(line, scheme)
                && ["://", "%3a%2f%2f"].iter().any(|m| starts_with_ignoring_case(&line[scheme.len()..], m))
        };
        known("http") || known("https") || known(self.target.scheme()) || self.target.begins(line)
    }

    /// Files one candidate; returns where the search goes on.
    fn take(&mut self, candidate: &Candidate<'_>) -> Result<Option<usize>, Refusal> {
        if !is_address(candidate.joined()) && !self.target.begins(candidate.joined()) {
            return self.take_unmarked(candidate);
        }
        let (verdict, end) = self.judge_address(candidate)?;
        match verdict {
            Verdict::Good(response) => self.addresses.good.push(response),
            Verdict::Refused(refusal) => self.addresses.refuse(refusal),
            Verdict::Authorize => self.authorize_url = true,
            Verdict::AnswerElsewhere(refusal) => return Err(refusal),
            Verdict::Elsewhere(refusal) => {
                self.other_address.get_or_insert(refusal);
                return Ok(candidate.first_line().map(|reading| reading.end));
            }
            Verdict::Nothing => return Ok(None),
        }
        Ok(Some(end))
    }

    /// The first reading that passes; else the longest that is ours; else what the longest is.
    fn judge_address(&mut self, candidate: &Candidate<'_>) -> Result<(Verdict, usize), Refusal> {
        let mut kept: Option<(Verdict, usize)> = None;
        for reading in candidate.readings() {
            self.spend(reading.text.len())?;
            match (self.judge(reading.text), &kept) {
                (Verdict::Good(response), _) => return Ok((Verdict::Good(response), reading.end)),
                (Verdict::AnswerElsewhere(refusal), _) => {
                    return Ok((Verdict::AnswerElsewhere(refusal), reading.end));
                }
                (verdict, None) => kept = Some((verdict, reading.end)),
                (Verdict::Refused(refusal), Some((Verdict::Elsewhere(_), _))) => {
                    kept = Some((Verdict::Refused(refusal), reading.end));
                }
                _ => {}
            }
        }
        Ok(kept.unwrap_or((Verdict::Nothing, 0)))
    }

    fn judge(&self, reading: &str) -> Verdict {
        if !is_encoded_address(reading) {
            return self.judge_plain(reading);
        }
        match decode(reading, Plus::IsPlus) {
            None => Verdict::Refused(Refusal::BadEncoding("address")),
            Some(decoded) if decoded.chars().any(|c| is_forbidden(c) || c.is_whitespace()) => {
                Verdict::Refused(Refusal::ControlCharacters)
            }
            Some(decoded) => self.judge_plain(&decoded),
        }
    }

    fn judge_plain(&self, reading: &str) -> Verdict {
        let address = Address::split(reading);
        let parameters = Parameters::of(&address);
        if self.target.is(address.base) {
            return Verdict::from(answer(&parameters, self.expectation));
        }
        if parameters.is_answer() {
            return Verdict::AnswerElsewhere(self.elsewhere(&address));
        }
        if is_authorize(&address, &parameters) {
            return Verdict::Authorize;
        }
        Verdict::Elsewhere(self.elsewhere(&address))
    }

    fn elsewhere(&self, address: &Address<'_>) -> Refusal {
        Refusal::WrongRedirect { address: address.safe_form(), expected: self.target.name() }
    }

    /// A candidate that does not begin as an address does: a parameter string, an address without its head, or prose.
    fn take_unmarked(&mut self, candidate: &Candidate<'_>) -> Result<Option<usize>, Refusal> {
        if let Some(first) = candidate.first_line() {
            self.refuse_answer_of_unmarked_address(first)?;
        }
        if !self.is_parameter_string(candidate.joined()) {
            return Ok(None);
        }
        let mut longest = None;
        for reading in candidate.readings() {
            self.spend(reading.text.len())?;
            match self.parameter_string(reading.text).map(|parameters| answer(&parameters, self.expectation))
            {
                Some(Ok(response)) => {
                    self.strings.good.push(response);
                    return Ok(Some(reading.end));
                }
                Some(Err(refusal)) => longest = longest.or(Some(refusal)),
                None => {}
            }
        }
        if let Some(refusal) = longest {
            self.strings.refuse(refusal);
        }
        Ok(None)
    }

    /// `javascript:…?code=`, `evil.example/?code=`, `/admin?code=`: answers, but not from our page.
    fn refuse_answer_of_unmarked_address(&self, reading: Reading<'_>) -> Result<(), Refusal> {
        let address = Address::split(reading.text);
        let is_ours = address.base.is_empty() || address.base == "/" || address.base == self.target.path();
        let is_place = scheme(address.base).is_some() || address.base.chars().all(is_place_character);
        let holds_address = || {
            std::iter::successors(next_start(address.base, 1), |at| next_start(address.base, at + 1))
                .any(|at| is_address(&address.base[at..]))
        };
        if is_ours || !is_place || !Parameters::of(&address).is_answer() || holds_address() {
            return Ok(());
        }
        Err(self.elsewhere(&address))
    }

    fn is_parameter_string(&self, text: &str) -> bool {
        self.parameter_string(text).is_some_and(|parameters| parameters.has_known_name())
    }

    /// `?a=b&c=d`, `#a=b`, `/?a=b`, `a=b`, or behind our own path.
    fn parameter_string<'a>(&self, text: &'a str) -> Option<Parameters<'a>> {
        let path = [self.target.path(), "/"].into_iter().find_map(|path| text.strip_prefix(path));
        let text = path.filter(|rest| rest.starts_with(['?', '#'])).unwrap_or(text);
        if text.starts_with(['?', '#']) {
            return Some(Parameters::of(&Address::split(text)));
        }
        let name = text.split_once('=')?.0;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        let (query, fragment) = text.split_once('#').map_or((text, None), |(q, f)| (q, Some(f)));
        is_name.then(|| Parameters::of(&Address { base: "", query: Some(query), fragment }))
    }

    fn decide(mut self) -> Result<Reply, Refusal> {
        if let Some(decided) = self.addresses.decided().or_else(|| self.strings.decided()) {
            return decided;
        }
        if !self.has_address()
            && let Some(answer) = self.tail_of_answer()?
        {
            return answer;
        }
        if self.authorize_url {
            return Err(Refusal::AuthorizeUrl);
        }
        let found = self.addresses.refusal.or(self.strings.refusal).or(self.other_address);
        found.map_or_else(|| bare::bare(self.text, self.expectation), Err)
    }

    fn has_address(&self) -> bool {
        self.addresses.refusal.is_some() || self.other_address.is_some() || self.authorize_url
    }

    fn tail_of_answer(&mut self) -> Result<Option<Result<Reply, Refusal>>, Refusal> {
        let Some(start) = next_start(self.text, 0) else { return Ok(None) };
        let candidate = Candidate::new(self.text, start, |line| self.begins_anew(line));
        let mut longest = None;
        for reading in candidate.readings() {
            self.spend(reading.text.len())?;
            match bare::tail_of_answer(reading.text, self.expectation) {
                Some(Ok(response)) => return Ok(Some(Ok(response))),
                refused => longest = longest.or(refused),
            }
        }
        Ok(longest)
    }
}

impl Findings {
    /// Keeps the first refusal, but any is worth more than that nothing was there.
    fn refuse(&mut self, refusal: Refusal) {
        if matches!(self.refusal, None | Some(Refusal::NoCodeFound)) {
            self.refusal = Some(refusal);
        }
    }

    fn decided(&mut self) -> Option<Result<Reply, Refusal>> {
        match (self.good.pop(), self.refusal.clone()) {
            (Some(last), _) if self.good.iter().all(|other| *other == last) => Some(Ok(last)),
            (Some(_), _) => Some(Err(Refusal::MultipleResponses)),
            (None, None | Some(Refusal::NoCodeFound)) => None,
            (None, Some(refusal)) => Some(Err(refusal)),
        }
    }
}

impl From<Result<Reply, Refusal>> for Verdict {
    fn from(answer: Result<Reply, Refusal>) -> Self {
        answer.map_or_else(Self::Refused, Self::Good)
    }
}

fn is_address(text: &str) -> bool {
    scheme(text).is_some_and(|scheme| text[scheme.len()..].starts_with("://"))
        || is_encoded_address(text)
        || text.strip_prefix("//").is_some_and(|rest| !rest.is_empty())
}

/// An address that was encoded as a whole, as links to links are.
fn is_encoded_address(text: &str) -> bool {
    scheme_head(text).is_some_and(|head| starts_with_ignoring_case(&text[head.len()..], "%3a%2f%2f"))
}

/// The address that `tokengauge` itself sent the person to, or one just like it.
fn is_authorize(address: &Address<'_>, parameters: &Parameters<'_>) -> bool {
    address.base.ends_with("/authorize") || (parameters.has("client_id") && parameters.has("response_type"))
}

fn is_place_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '[' | ']' | '@' | '%' | '\\' | '~')
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}
