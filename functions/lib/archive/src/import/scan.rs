//! Follows a JSON value through a stream of bytes to its end and validates it against the grammar (RFC 8259).
//!
//! It stores no text and does not recurse: it needs one bit per level of nesting, whatever the input. One
//! check is left to [`crate::event::check`], which sees every byte: unescaped control characters within a
//! string, other than the line feed, are accepted here.

/// The deepest nesting that is followed, levels. It takes half a megabyte of bits, and as many brackets as
/// the longest element has bytes.
const MAX_DEPTH: usize = 1 << 22;

/// The result of the bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The value continues after the bytes so far.
    More,
    /// The value ends before this byte.
    Done,
    /// A syntax error at this byte; the text names what is missing.
    Invalid(&'static str),
}

/// The state of the scan within a value.
#[derive(Debug, Default)]
pub(super) struct ValueScanner {
    state: State,
    nesting: NestingStack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Value,
    /// After `[`: a value or the end is expected.
    FirstElement,
    /// After `{`: a name or the end is expected.
    FirstName,
    Name,
    Colon,
    /// After a value within an array or object.
    AfterValue,
    String {
        is_name: bool,
    },
    Escape {
        is_name: bool,
    },
    /// `left` hexadecimal digits of a `\u` are still to come.
    Hex {
        is_name: bool,
        left: u8,
    },
    Number(Number),
    /// The remaining bytes of `true`, `false` or `null`.
    Literal(&'static [u8]),
}

/// What part of a number was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    E,
    ESign,
    Exponent,
}

impl ValueScanner {
    /// A scan that starts within an object, after the value of a member.
    pub(super) fn after_member() -> Self {
        let mut nesting = NestingStack::default();
        nesting.push(true);
        Self { state: State::AfterValue, nesting }
    }

    /// Continues with the next bytes. Returns how many of them belong to the value, and the result.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> (usize, Step) {
        let mut rest = bytes;
        let step = loop {
            if let State::String { .. } = self.state {
                rest = rest.get(plain_prefix(rest)..).unwrap_or_default();
            }
            let Some((byte, tail)) = rest.split_first() else { break Step::More };
            match self.consume(*byte) {
                Consumed::Byte => rest = tail,
                Consumed::Last => {
                    rest = tail;
                    break Step::Done;
                }
                Consumed::Nothing => {}
                Consumed::NothingAndDone => break Step::Done,
                Consumed::Invalid(missing) => break Step::Invalid(missing),
            }
        };
        (bytes.len() - rest.len(), step)
    }

    /// Whether the value is complete at the end of the input. Only a bare number doesn't mark its own end.
    pub(super) fn is_whole(&self) -> bool {
        self.nesting.is_empty() && matches!(self.state, State::Number(number) if number.may_end())
    }

    fn consume(&mut self, byte: u8) -> Consumed {
        match self.state {
            State::String { is_name } => match byte {
                b'"' if is_name => self.go(State::Colon),
                b'"' => self.end_of_value(),
                b'\\' => self.go(State::Escape { is_name }),
                _ => Consumed::Invalid("the closing quote of a string is missing"),
            },
            State::Escape { is_name } => match byte {
                b'u' => self.go(State::Hex { is_name, left: 4 }),
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.go(State::String { is_name }),
                _ => Consumed::Invalid("a valid escape after the backslash is missing"),
            },
            State::Hex { is_name, left } => match (byte.is_ascii_hexdigit(), left) {
                (false, _) => Consumed::Invalid("a hexadecimal digit is missing"),
                (true, 1) => self.go(State::String { is_name }),
                (true, _) => self.go(State::Hex { is_name, left: left - 1 }),
            },
            State::Number(number) => match number.next(byte) {
                Some(next) => self.go(State::Number(next)),
                None if number.may_end() => self.value_ended_before(),
                None => Consumed::Invalid("a digit is missing"),
            },
            State::Literal(left) => match left.split_first() {
                Some((first, [])) if *first == byte => self.end_of_value(),
                Some((first, left)) if *first == byte => self.go(State::Literal(left)),
                _ => Consumed::Invalid("a value is missing"),
            },
            _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => Consumed::Byte,
            State::FirstElement if byte == b']' => self.close(),
            State::Value | State::FirstElement => self.value(byte),
            State::FirstName if byte == b'}' => self.close(),
            State::FirstName | State::Name if byte == b'"' => self.go(State::String { is_name: true }),
            State::FirstName => Consumed::Invalid("a name in quotes or `}` is missing"),
            State::Name => Consumed::Invalid("a name in quotes is missing"),
            State::Colon if byte == b':' => self.go(State::Value),
            State::Colon => Consumed::Invalid("a colon is missing"),
            State::AfterValue => match (byte, self.nesting.is_object()) {
                (b',', true) => self.go(State::Name),
                (b',', false) => self.go(State::Value),
                (b'}', true) | (b']', false) => self.close(),
                (_, true) => Consumed::Invalid("a comma or `}` is missing"),
                (_, false) => Consumed::Invalid("a comma or `]` is missing"),
            },
        }
    }

    fn value(&mut self, byte: u8) -> Consumed {
        match byte {
            b'{' => self.enter(true),
            b'[' => self.enter(false),
            b'"' => self.go(State::String { is_name: false }),
            b'-' => self.go(State::Number(Number::Minus)),
            b'0' => self.go(State::Number(Number::Zero)),
            b'1'..=b'9' => self.go(State::Number(Number::Integer)),
            b't' => self.go(State::Literal(b"rue")),
            b'f' => self.go(State::Literal(b"alse")),
            b'n' => self.go(State::Literal(b"ull")),
            _ => Consumed::Invalid("a value is missing"),
        }
    }

    const fn go(&mut self, state: State) -> Consumed {
        self.state = state;
        Consumed::Byte
    }

    fn enter(&mut self, is_object: bool) -> Consumed {
        if self.nesting.depth == MAX_DEPTH {
            return Consumed::Invalid("the end of the nesting is missing");
        }
        self.nesting.push(is_object);
        self.go(if is_object { State::FirstName } else { State::FirstElement })
    }

    fn close(&mut self) -> Consumed {
        self.nesting.pop();
        self.end_of_value()
    }

    /// The value ended with the byte that was consumed.
    fn end_of_value(&mut self) -> Consumed {
        self.state = State::AfterValue;
        if self.nesting.is_empty() { Consumed::Last } else { Consumed::Byte }
    }

    /// The value ended before the current byte.
    fn value_ended_before(&mut self) -> Consumed {
        self.state = State::AfterValue;
        if self.nesting.is_empty() { Consumed::NothingAndDone } else { Consumed::Nothing }
    }
}

/// How a byte was handled.
enum Consumed {
    Byte,
    /// Consumed, as the last byte of the value.
    Last,
    /// Not consumed: it has to be processed in the new state.
    Nothing,
    NothingAndDone,
    Invalid(&'static str),
}

impl Number {
    const fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Minus, b'1'..=b'9') | (Self::Integer, b'0'..=b'9') => Some(Self::Integer),
            (Self::Zero | Self::Integer, b'.') => Some(Self::Point),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Some(Self::E),
            (Self::E, b'+' | b'-') => Some(Self::ESign),
            (Self::E | Self::ESign | Self::Exponent, b'0'..=b'9') => Some(Self::Exponent),
            _ => None,
        }
    }

    const fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Exponent)
    }
}

/// The open objects and arrays, one bit each.
#[derive(Debug, Default)]
struct NestingStack {
    words: Vec<u64>,
    depth: usize,
}

impl NestingStack {
    const fn is_empty(&self) -> bool {
        self.depth == 0
    }

    fn push(&mut self, is_object: bool) {
        if self.depth.is_multiple_of(64) {
            self.words.push(0);
        }
        if let Some(word) = self.words.last_mut() {
            *word = *word << 1 | u64::from(is_object);
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        if let Some(word) = self.words.last_mut() {
            *word >>= 1;
        }
        self.depth = self.depth.saturating_sub(1);
        if self.depth.is_multiple_of(64) {
            self.words.pop();
        }
    }

    /// Whether the innermost container is an object.
    fn is_object(&self) -> bool {
        self.words.last().is_some_and(|word| word & 1 == 1)
    }
}

/// How many bytes at the start are neither a quote, nor a backslash, nor a line feed. Most bytes of an event
/// lie in strings.
pub(super) fn plain_prefix(bytes: &[u8]) -> usize {
    memchr::memchr3(b'"', b'\\', b'\n', bytes).unwrap_or(bytes.len())
}

/// The index after the closing quote of the string at the start, which is valid JSON.
pub(super) fn string_end(quoted: &[u8]) -> usize {
    let mut at = 1;
    while let Some(rest) = quoted.get(at..) {
        let run = plain_prefix(rest);
        match rest.get(run) {
            Some(b'"') => return at + run + 1,
            Some(b'\\') => at += run + 2,
            Some(_) => at += run + 1,
            None => break,
        }
    }
    quoted.len()
}

#[cfg(test)]
mod tests;
