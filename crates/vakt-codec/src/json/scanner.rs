//! One JSON object (RFC 8259) to fields, in one pass, borrowed from the text where nothing needs
//! unescaping.
//!
//! Nested names are joined with dots, an array repeats its field, numbers keep their digits, an
//! empty object or array is null. Two conventions of XML turned into JSON are understood:
//! `#text` is the value of its parent, and `#attributes` joins with `_`
//! (`Provider.#attributes.Name` is `Provider_Name`). The envelopes of Windows events
//! ([`super::envelope`]) do not show in names.
//!
//! The grammar is serde_json's (a property test holds the two equal), with one mercy: a `\u`
//! escape of half a surrogate pair, which broken senders write, is U+FFFD and noted.

use std::borrow::Cow;

use vakt_event::{Field, Origin, Value, escaped};

use super::plain::{self, Text};
use super::strings::{self, Mark, Stop};
use super::{DATA_NAME, envelope};
use crate::layouts::NodeId;
use crate::texts::Texts;

/// Objects and arrays within each other. Deeper values are checked and skipped: real events stay
/// under ten, and the bound keeps the recursion within any thread's stack.
pub(crate) const DEPTH_MAX: usize = 32;

/// Fields of one event. The largest real events (cloud audit records) have a few hundred.
pub(crate) const FIELDS_MAX: usize = 4096;

/// How many fields an event may have for one in an object within it to be taken. Applications hand on
/// what strangers send them as an object of its own (the parameters of a request): however many
/// members that has, what the application itself says beside it is seen.
pub(crate) const NESTED_FIELDS_MAX: usize = 3072;

/// The same for what stands in a member of an array, unless it is the first one: an array, too, may be
/// as long as a stranger likes.
pub(crate) const REPEATED_FIELDS_MAX: usize = 2048;

/// Members of one array, so that it leaves room for others.
pub(crate) const MEMBERS_MAX: usize = 1024;

/// Bytes copied to join the names of one event. Names repeat what they stand in, so that a long
/// one over thousands of leaves would multiply the event: 936 kB made 3.6 GB. All the fields that
/// an event may have find room with names of 250 bytes each.
pub(crate) const NAME_BYTES_MAX: usize = 1 << 20;

/// What was left out or replaced, and what is left to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) too_deep: bool,
    pub(crate) too_many: bool,
    pub(crate) too_many_members: bool,
    pub(crate) names_too_long: bool,
    pub(crate) broken_escape: bool,
    /// A character is written by its number.
    pub(crate) unicode_escape: bool,
    /// An array of numbers was taken for the bytes of a text.
    pub(crate) bytes: bool,
    /// An array of numbers was taken for several numbers.
    pub(crate) numbers_in_array: bool,
    pub(crate) names: NameNotes,
}

/// What names leave to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameNotes {
    /// A field has the name that the next one should have.
    pub(crate) data_name: bool,
    /// A name has blanks.
    pub(crate) blank_name: bool,
}

impl NameNotes {
    #[inline]
    pub(crate) fn with(self, name: &str) -> Self {
        Self {
            data_name: self.data_name | (name == DATA_NAME),
            blank_name: self.blank_name | strings::has_blank(name),
        }
    }
}

/// An object whose fields stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flat {
    pub(crate) notes: Notes,
    /// The names of all fields of the event, where they are known.
    pub(crate) names: Option<NodeId>,
}

impl Notes {
    /// Whether names leave something to be done.
    pub(crate) fn amends(self) -> bool {
        self.names.data_name || self.names.blank_name
    }

    /// Whether values stand in the text as they are, but for what a backslash escapes.
    pub(crate) fn verbatim(self) -> bool {
        !self.unicode_escape && !self.bytes
    }
}

/// Why a text is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Byte offset.
    pub(crate) at: usize,
    pub(crate) why: &'static str,
}

type Scan<T> = Result<T, Fault>;

/// How to read arrays of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrays {
    /// A field with several numbers.
    Repeated,
    /// `journalctl -o json` writes a value that is no text as the list of its bytes.
    Bytes,
}

/// Appends the fields of the object that `text` is. On a fault `fields` is as it was.
pub(crate) fn flatten<'a>(
    text: &'a str,
    arrays: Arrays,
    fields: &mut Vec<Field<'a>>,
    texts: &mut Texts,
) -> Result<Flat, Fault> {
    let before = fields.len();
    let mut path = std::mem::take(&mut texts.path);
    path.clear();
    let mut marks = std::mem::take(&mut texts.marks);
    strings::mark(text.as_bytes(), &mut marks);
    let names = (before == 0).then(|| texts.layouts.begin());
    let mut scanner = Scanner {
        text,
        marks: &marks,
        at: 0,
        fields,
        before,
        path,
        texts,
        base: 0,
        joiner: ".",
        depth: 0,
        name_bytes_left: NAME_BYTES_MAX,
        is_repeated: false,
        left_out: 0,
        arrays,
        notes: Notes::default(),
        names,
    };
    let scanned = scanner.document();
    let (mut notes, names) = (scanner.notes, scanner.names);
    texts.path = scanner.path;
    texts.marks = marks;
    if scanned.is_err() {
        (fields.drain(before..)).for_each(|field| texts.take_field(field));
    }
    if let Some(names) = names {
        notes.names = texts.layouts.notes(names);
    }
    scanned.map(|()| Flat { notes, names })
}

struct Scanner<'a, 'f> {
    text: &'a str,
    /// Of [`strings::mark`].
    marks: &'f [Mark],
    at: usize,
    fields: &'f mut Vec<Field<'a>>,
    /// Length of `fields` at the start.
    before: usize,
    /// Names of the objects that we are in, joined.
    path: String,
    texts: &'f mut Texts,
    /// Where in `path` the part begins that names show.
    base: usize,
    /// What joins the next name to `path`: a dot, or `_` in `#attributes`.
    joiner: &'static str,
    depth: usize,
    /// Of [`NAME_BYTES_MAX`].
    name_bytes_left: usize,
    /// Whether we are in a member of an array that is not its first one.
    is_repeated: bool,
    /// How often something was left out.
    left_out: usize,
    arrays: Arrays,
    notes: Notes,
    /// The names of the fields so far, as long as they are known.
    names: Option<NodeId>,
}

#[expect(
    clippy::ptr_arg,
    reason = "a borrowed name is cloned as a borrowed one"
)]
impl<'a> Scanner<'a, '_> {
    fn document(&mut self) -> Scan<()> {
        self.blanks();
        if self.peek() != Some(b'{') {
            return self.fault("an object begins with {");
        }
        self.object()?;
        self.blanks();
        if self.at < self.text.len() {
            return self.fault("something follows the object");
        }
        Ok(())
    }

    fn object(&mut self) -> Scan<()> {
        self.expect(b'{')?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        self.depth += 1;
        loop {
            self.blanks();
            let may_be_plain = self.shows_bare_names() && !self.is_repeated;
            if !(may_be_plain && self.plain_members()) {
                self.one_member()?;
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                _ => return self.fault("a comma or } is missing"),
            }
        }
    }

    /// Whether the fields of the object have the names that its members have: of what they stand in, nothing shows.
    fn shows_bare_names(&self) -> bool {
        self.path.len() == self.base
    }

    /// Members of which all that has to be read is a name, and a text, a whole number or a word: nearly
    /// all those of flat objects. Ends after a value that no further member follows (then it answers
    /// whether), or before a member that takes more.
    fn plain_members(&mut self) -> bool {
        let (text, marks) = (self.text, self.marks);
        let bytes = text.as_bytes();
        if self.peek() != Some(b'"') {
            return false;
        }
        while self.fields.len() - self.before < FIELDS_MAX {
            let begin = self.at + 1;
            let expected = self.expected_name(begin);
            let colon = match expected {
                Some((colon, _)) => colon,
                None => match strings::end(bytes, marks, begin) {
                    Some((end, false)) if bytes.get(end + 1) == Some(&b':') => end + 1,
                    _ => return false,
                },
            };
            let Some((value, end)) = plain::value(text, marks, colon + 1) else {
                return false;
            };
            let name = plain::between(text, begin, colon - 1);
            match expected {
                Some((_, names)) => self.names = Some(names),
                None => self.note_name(name),
            }
            self.fields.push(Field {
                name: Cow::Borrowed(name),
                value,
                origin: Origin::Sent,
            });
            self.at = match bytes.get(end..).and_then(<[u8]>::first_chunk) {
                Some(b",\"") => end + 1,
                Some(b", ") if bytes.get(end + 2) == Some(&b'"') => end + 2,
                _ => {
                    self.at = end;
                    return true;
                }
            };
        }
        false
    }

    fn one_member(&mut self) -> Scan<()> {
        if self.peek() != Some(b'"') {
            return self.fault("a name in quotes is missing");
        }
        let name = self.string()?;
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        let is_nested = matches!(self.peek(), Some(b'{' | b'['));
        if is_nested || name.has_escapes || !self.shows_bare_names() {
            let key = name.into_name(self.texts);
            let before = (self.fields.len(), self.left_out);
            self.member(&key)?;
            if (self.fields.len(), self.left_out) == before {
                self.note_empty(&key);
            }
            self.texts.take(key);
        } else {
            let value = self.scalar()?;
            self.add(Cow::Borrowed(name.raw), value);
        }
        Ok(())
    }

    /// The value of `key`.
    fn member(&mut self, key: &Cow<'a, str>) -> Scan<()> {
        self.blanks();
        match self.peek() {
            Some(b'{') => {
                if self.depth >= DEPTH_MAX {
                    self.notes.too_deep = true;
                    return self.leave_out();
                }
                if !self.affords_name(key.len()) {
                    return self.leave_out();
                }
                let (length, base, joiner) = (self.path.len(), self.base, self.joiner);
                self.enter(key);
                let inside = self.object();
                self.path.truncate(length);
                self.base = base;
                self.joiner = joiner;
                inside
            }
            Some(b'[') => {
                if self.depth >= DEPTH_MAX {
                    self.notes.too_deep = true;
                    return self.leave_out();
                }
                self.depth += 1;
                let inside = self.array(key);
                self.depth -= 1;
                inside
            }
            _ => {
                let value = self.scalar()?;
                self.push(key, value);
                Ok(())
            }
        }
    }

    /// Whether so many more bytes may be copied for names.
    fn affords_name(&mut self, bytes: usize) -> bool {
        match self.name_bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.name_bytes_left = left;
                true
            }
            None => {
                self.notes.names_too_long = true;
                self.left_out += 1;
                false
            }
        }
    }

    /// A member without a value (`{}`, `[]`, `[[]]`) is there all the same: it is null. Of what
    /// only wraps fields, nothing shows.
    fn note_empty(&mut self, key: &Cow<'a, str>) {
        if key.starts_with('#') || !self.affords_name(self.path.len() + key.len()) {
            return;
        }
        let length = self.path.len();
        if length > 0 {
            self.path.push_str(self.joiner);
        }
        self.path.push_str(key);
        let wraps = envelope::is_envelope(&self.path);
        self.path.truncate(length);
        if !wraps {
            self.push(key, Value::Null);
        }
    }

    fn array(&mut self, key: &Cow<'a, str>) -> Scan<()> {
        self.expect(b'[')?;
        self.blanks();
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                return Ok(());
            }
            Some(b'0'..=b'9') => {
                if self.arrays == Arrays::Bytes {
                    self.notes.bytes = true;
                    let value = self.bytes()?;
                    self.push(key, value);
                    return Ok(());
                }
                self.notes.numbers_in_array = true;
            }
            _ => {}
        }
        let is_repeated = self.is_repeated;
        let mut members = 0;
        loop {
            members += 1;
            if members <= MEMBERS_MAX {
                self.member(key)?;
            } else {
                self.notes.too_many_members = true;
                self.leave_out()?;
            }
            self.is_repeated = true;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    self.is_repeated = is_repeated;
                    return Ok(());
                }
                _ => return self.fault("a comma or ] is missing"),
            }
        }
    }

    /// The numbers 0 to 255 of a value's bytes, after the bracket.
    fn bytes(&mut self) -> Scan<Value<'a>> {
        let mut bytes = Vec::new();
        loop {
            self.blanks();
            match self.number()?.parse::<u8>() {
                Ok(byte) => bytes.push(byte),
                Err(_) => return self.fault("a byte is a number from 0 to 255"),
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Str(Cow::Owned(
                        String::from_utf8_lossy(&bytes).into_owned(),
                    )));
                }
                _ => return self.fault("a comma or ] is missing"),
            }
        }
    }

    fn enter(&mut self, key: &str) {
        if key == "#attributes" {
            self.joiner = "_";
            return;
        }
        if !self.path.is_empty() {
            let envelope_ends_here = self.path.len() == self.base;
            self.path.push_str(self.joiner);
            if envelope_ends_here {
                self.base = self.path.len();
            }
        }
        self.path.push_str(key);
        self.joiner = ".";
        if envelope::is_envelope(&self.path) {
            self.base = self.path.len();
        }
    }

    fn push(&mut self, key: &Cow<'a, str>, value: Value<'a>) {
        if self.is_full() {
            return;
        }
        let prefix_bytes = self.path.len() - self.base;
        if prefix_bytes > 0 && !self.affords_name(prefix_bytes + key.len()) {
            return;
        }
        let prefix = self.path.get(self.base..).unwrap_or("");
        let name = if prefix.is_empty() {
            match key {
                Cow::Borrowed(key) => Cow::Borrowed(*key),
                Cow::Owned(key) => Cow::Owned(self.texts.concat(&[key])),
            }
        } else if key == "#text" {
            Cow::Owned(self.texts.concat(&[prefix]))
        } else if let Some(known) = envelope::known_name(prefix, self.joiner, key) {
            Cow::Borrowed(known)
        } else {
            Cow::Owned(self.texts.concat(&[prefix, self.joiner, key]))
        };
        self.add(name, value);
    }

    /// Whether no field more is taken here.
    fn is_full(&mut self) -> bool {
        let max = match self.shows_bare_names() {
            _ if self.is_repeated => REPEATED_FIELDS_MAX,
            false => NESTED_FIELDS_MAX,
            true => FIELDS_MAX,
        };
        let is_full = self.fields.len() - self.before >= max;
        self.notes.too_many |= is_full;
        self.left_out += usize::from(is_full);
        is_full
    }

    /// Where the colon stands behind the name that begins at `begin`, if it is the one that followed the
    /// last time; and the names with it.
    #[inline]
    fn expected_name(&self, begin: usize) -> Option<(usize, NodeId)> {
        let (key, names) = self.texts.layouts.expected(self.names?)?;
        let end = begin + key.len();
        let next = self.text.as_bytes().get(begin..end)?;
        strings::same(next, key.as_bytes()).then_some((end - 1, names))
    }

    fn note_name(&mut self, name: &str) {
        let Some(names) = self.names else {
            self.notes.names = self.notes.names.with(name);
            return;
        };
        let layouts = &mut self.texts.layouts;
        self.names = layouts.with(names, name);
        if self.names.is_none() {
            self.notes.names = layouts.notes(names).with(name);
        }
    }

    fn add(&mut self, name: Cow<'a, str>, value: Value<'a>) {
        if self.is_full() {
            return;
        }
        self.note_name(&name);
        self.fields.push(Field {
            name,
            value,
            origin: Origin::Sent,
        });
    }

    fn scalar(&mut self) -> Scan<Value<'a>> {
        match self.peek() {
            Some(b'"') => self.string().map(Text::into_value),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(Cow::Borrowed(self.number()?))),
            _ => match plain::word(self.text.as_bytes(), self.at) {
                Some((value, end)) => {
                    self.at = end;
                    Ok(value)
                }
                None => self.fault("a value is missing"),
            },
        }
    }

    fn number(&mut self) -> Scan<&'a str> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fault("a digit is missing"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.one_digit()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.one_digit()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or("0"))
    }

    fn one_digit(&mut self) -> Scan<()> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fault("a digit is missing");
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    /// A string, whose opening quote is next.
    fn string(&mut self) -> Scan<Text<'a>> {
        let start = self.at + 1;
        self.at = start;
        let mut has_escapes = false;
        loop {
            match strings::stop(self.text.as_bytes(), self.marks, self.at, &mut has_escapes) {
                Stop::Quote(at) => {
                    self.at = at + 1;
                    return Ok(Text {
                        raw: self.text.get(start..at).unwrap_or(""),
                        has_escapes,
                    });
                }
                Stop::Escape(at) => {
                    has_escapes = true;
                    self.at = at;
                    self.long_escape()?;
                }
                Stop::Control(at) => {
                    self.at = at;
                    return self.fault("a control character stands in a string");
                }
                Stop::End => return self.fault("a string has no end"),
            }
        }
    }

    /// Steps over the escape whose backslash is next, and which is none of two characters.
    fn long_escape(&mut self) -> Scan<()> {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'u') => self.unicode(),
            Some(_) => {
                self.at += 2;
                self.fault("an unknown escape stands in a string")
            }
            None => self.fault("a string has no end"),
        }
    }

    fn unicode(&mut self) -> Scan<()> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let Some((char, after)) = escaped::escape(rest) else {
            self.at += 2;
            return self.fault("an escape needs four hexadecimal digits");
        };
        let written = rest.len() - after.len();
        if char == char::REPLACEMENT_CHARACTER
            && !rest
                .get(2..6)
                .is_some_and(|digits| digits.eq_ignore_ascii_case("fffd"))
        {
            self.notes.broken_escape = true;
        }
        self.notes.unicode_escape = true;
        self.at += written;
        Ok(())
    }

    /// Steps over the value that is next.
    fn leave_out(&mut self) -> Scan<()> {
        self.left_out += 1;
        self.blanks();
        match self.peek() {
            Some(b'{' | b'[') => self.skip_nested(),
            _ => self.scalar().map(drop),
        }
    }

    /// Steps over the object or array that is next. Its brackets and strings are checked, its
    /// grammar is not.
    fn skip_nested(&mut self) -> Scan<()> {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => return self.fault("a bracket is not closed"),
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(b'{' | b'[') => open += 1,
                Some(b'}' | b']') => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Scan<()> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        self.fault(match wanted {
            b':' => "a colon is missing",
            _ => "a bracket is missing",
        })
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault<T>(&self, why: &'static str) -> Scan<T> {
        Err(Fault { at: self.at, why })
    }
}
