//! Parses the text of a filter.

use super::pattern::Symbol;
use super::{
    Filter, FilterError, FilterErrorKind, IpPattern, MAX_CHARACTERS, MAX_TERMS, MAX_VALUES, Net, Pattern,
    Term, Test, is_longer, span_text,
};
use crate::event::FieldPath;
use crate::fields::{Field, Outcome};

type Parsed<T> = Result<T, FilterError>;

/// Parses a filter, in time that grows with its text alone.
pub(super) fn filter(text: &str) -> Parsed<Filter> {
    if is_longer(text, MAX_CHARACTERS) {
        return Err(error(MAX_CHARACTERS, FilterErrorKind::TooLong));
    }
    let mut parser = Parser { chars: text.chars().collect(), at: 0 };
    let mut filter = Filter::default();
    while parser.skip_space() {
        let start = parser.at;
        if filter.terms.len() == MAX_TERMS {
            return Err(error(start, FilterErrorKind::TooManyTerms));
        }
        filter.terms.push(parser.term()?);
    }
    filter.checked().map_err(|kind| error(parser.at, kind))
}

/// An error at the character with this index.
const fn error(index: usize, kind: FilterErrorKind) -> FilterError {
    FilterError { position: index + 1, kind }
}

/// A text and how far it is read.
struct Parser {
    chars: Vec<char>,
    at: usize,
}

/// A value as it was written.
struct Value {
    start: usize,
    symbols: Vec<Symbol>,
    is_quoted: bool,
}

impl Parser {
    fn term(&mut self) -> Parsed<Term> {
        let negated = self.accept('-');
        let start = self.at;
        let (head, is_quoted) = match self.peek() {
            Some('"') => (text_of(&self.quoted()?), true),
            _ => (self.word(&[':']), false),
        };
        let test = match self.peek() {
            Some(':') => {
                self.at += 1;
                self.qualified(start, &head, is_quoted)?
            }
            Some('"') if !is_quoted => return Err(error(self.at, FilterErrorKind::QuoteInWord)),
            Some(char) if !char.is_whitespace() => return Err(error(self.at, FilterErrorKind::AfterQuote)),
            _ if head.is_empty() => return Err(error(start, FilterErrorKind::EmptyText)),
            _ if !is_quoted && head.contains('*') => {
                return Err(error(start, FilterErrorKind::WildcardInText));
            }
            _ => Test::Text(head),
        };
        Ok(Term::new(negated, test))
    }

    /// Parses what follows a qualifier and its colon.
    fn qualified(&mut self, start: usize, qualifier: &str, is_quoted: bool) -> Parsed<Test> {
        if qualifier.starts_with('/') {
            return Ok(Test::Path(FieldPath::new(qualifier), self.each_value(Value::pattern)?));
        }
        let field = Field::from_name(&qualifier.to_ascii_lowercase()).filter(|_| !is_quoted);
        let field = field.ok_or_else(|| error(start, FilterErrorKind::qualifier(qualifier)))?;
        Ok(match field {
            Field::Ip => Test::Ip(self.each_value(Value::ip)?),
            Field::Outcome => Test::Outcome(self.each_value(Value::outcome)?),
            Field::Time => {
                let first = self.at;
                let spans = self.each_value(|value| span_text::parse(&value.text()))?;
                let [span] = spans.as_slice() else {
                    return Err(error(first, FilterErrorKind::SeveralSpans));
                };
                Test::Time(*span)
            }
            _ => Test::Field(field, self.each_value(Value::pattern)?),
        })
    }

    /// Parses values that are separated by commas; at least one.
    fn each_value<T>(&mut self, read: impl Fn(&Value) -> Result<T, FilterErrorKind>) -> Parsed<Vec<T>> {
        let mut values = Vec::new();
        loop {
            let value = self.value()?;
            if values.len() == MAX_VALUES {
                return Err(error(value.start, FilterErrorKind::TooManyValues));
            }
            values.push(read(&value).map_err(|kind| error(value.start, kind))?);
            if !self.accept(',') {
                return Ok(values);
            }
        }
    }

    /// Parses a value up to a comma, white space or the end.
    fn value(&mut self) -> Parsed<Value> {
        let start = self.at;
        let is_quoted = self.peek() == Some('"');
        let symbols = if is_quoted {
            self.quoted()?
        } else {
            let symbol = |char| if char == '*' { Symbol::Wildcard } else { Symbol::Char(char) };
            self.word(&[',']).chars().map(symbol).collect()
        };
        match self.peek() {
            Some('"') if !is_quoted => Err(error(self.at, FilterErrorKind::QuoteInWord)),
            Some(char) if char != ',' && !char.is_whitespace() => {
                Err(error(self.at, FilterErrorKind::AfterQuote))
            }
            _ if symbols.is_empty() => Err(error(start, FilterErrorKind::EmptyValue)),
            _ => Ok(Value { start, symbols, is_quoted }),
        }
    }

    /// Parses what is up to white space, a quote or one of these characters.
    fn word(&mut self, ends: &[char]) -> String {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let is_inside = |char: &&char| !char.is_whitespace() && **char != '"' && !ends.contains(char);
        let word: String = rest.iter().take_while(is_inside).collect();
        self.at += word.chars().count();
        word
    }

    /// Parses a text in quotes.
    fn quoted(&mut self) -> Parsed<Vec<Symbol>> {
        let start = self.at;
        self.at += 1;
        let mut symbols = Vec::new();
        loop {
            let char = self.peek().ok_or_else(|| error(start, FilterErrorKind::OpenQuote))?;
            let place = self.at;
            self.at += 1;
            symbols.push(match (char, self.peek()) {
                ('"', _) => return Ok(symbols),
                ('\\', None) => return Err(error(start, FilterErrorKind::OpenQuote)),
                ('\\', Some(escaped @ ('"' | '\\' | '*'))) => {
                    self.at += 1;
                    Symbol::Char(escaped)
                }
                ('\\', Some(_)) => return Err(error(place, FilterErrorKind::UnknownEscape)),
                ('*', _) => Symbol::Wildcard,
                (char, _) => Symbol::Char(char),
            });
        }
    }

    /// Skips white space; whether something follows it.
    fn skip_space(&mut self) -> bool {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.peek().is_some()
    }

    fn accept(&mut self, expected: char) -> bool {
        let is_next = self.peek() == Some(expected);
        self.at += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }
}

impl Value {
    fn text(&self) -> String {
        text_of(&self.symbols)
    }

    fn pattern(&self) -> Result<Pattern, FilterErrorKind> {
        Pattern::new(&self.symbols)
    }

    fn ip(&self) -> Result<IpPattern, FilterErrorKind> {
        if !self.is_quoted && self.symbols.contains(&Symbol::Char('/')) {
            return Net::parse(&self.text()).map(IpPattern::Net);
        }
        self.pattern().map(IpPattern::Text)
    }

    fn outcome(&self) -> Result<Outcome, FilterErrorKind> {
        let text = self.text();
        let known = Outcome::ALL.into_iter().find(|outcome| outcome.as_str().eq_ignore_ascii_case(&text));
        known.ok_or_else(|| FilterErrorKind::outcome(&text))
    }
}

/// The text in which a `*` has no meaning.
fn text_of(symbols: &[Symbol]) -> String {
    let char = |symbol: &Symbol| match symbol {
        Symbol::Char(char) => *char,
        Symbol::Wildcard => '*',
    };
    symbols.iter().map(char).collect()
}
