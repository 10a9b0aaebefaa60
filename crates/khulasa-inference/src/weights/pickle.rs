//! As much of Python's pickle format as PyTorch writes (protocol 2): what tensors there are and
//! where their values stand. Nothing is ever run: a function's name is compared with the few that
//! rebuild tensors, and the result of any other is an object that nobody looks into.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

/// The most objects that are kept; real files have some ten for a tensor.
const MAX_OBJECTS: usize = 1 << 20;
/// How deep tuples lie in each other; real files have three.
const MAX_DEPTH: u8 = 16;
/// The longest name of a class or function.
const MAX_NAME: usize = 256;

type Result<T> = std::result::Result<T, String>;

/// Where the values of some tensors stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// The name of its type, as `FloatStorage`.
    pub class: String,
    pub key: String,
    /// How many values it has.
    pub elements: u64,
}

/// A tensor: some values of a storage.
#[derive(Debug)]
pub(super) struct Stored {
    pub storage: Arc<Storage>,
    /// Its first value's place in the storage.
    pub offset: u64,
    pub shape: Vec<usize>,
    pub stride: Vec<u64>,
}

/// Bytes up to a given end.
pub(super) struct Input<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Input<R> {
    pub fn new(reader: R, left: u64) -> Self {
        Self { reader, left }
    }

    pub fn left(&self) -> u64 {
        self.left
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.left = self.left.checked_sub(N as u64).ok_or("cut short")?;
        self.reader
            .read_exact(&mut bytes)
            .map_err(|e| e.to_string())?;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.bytes::<1>()?[0])
    }

    fn text(&mut self, length: u32) -> Result<Arc<str>> {
        let length = u64::from(length);
        self.left = self.left.checked_sub(length).ok_or("cut short")?;
        let mut bytes = Vec::new();
        let mut reader = self.reader.by_ref().take(length);
        reader.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                _ if line.len() == MAX_NAME => return Err("a name without an end".to_owned()),
                byte => line.push(byte),
            }
        }
    }
}

/// An object; dictionaries and lists by their place in [`Machine`].
#[derive(Debug, Clone)]
pub(super) enum Object {
    Mark,
    None,
    Bool(bool),
    Int(i64),
    Text(Arc<str>),
    /// A class or function: its module and its name, with a space between.
    Global(Arc<str>),
    Tuple(Arc<[Object]>, u8),
    Dict(usize),
    List(usize),
    Storage(Arc<Storage>),
    Tensor(Arc<Stored>),
    Other,
}

/// The machine that a pickle is a program for.
#[derive(Default)]
pub(super) struct Machine {
    stack: Vec<Object>,
    memo: HashMap<u32, Object>,
    dicts: Vec<Vec<(Object, Object)>>,
    lists: Vec<Vec<Object>>,
    /// Entries in all dictionaries and lists.
    entries: usize,
    /// All storages that were mentioned, by key.
    pub storages: HashMap<String, Arc<Storage>>,
}

impl Machine {
    /// Runs a pickle to its end and returns what it makes.
    pub fn run(&mut self, input: &mut Input<impl Read>) -> Result<Object> {
        loop {
            let code = input.byte()?;
            if code == b'.' {
                return self.pop();
            }
            self.step(code, input)?;
            let contents = self.dicts.len() + self.lists.len() + self.entries;
            if self.stack.len() + self.memo.len() + contents > MAX_OBJECTS {
                return Err(format!("it has more than {MAX_OBJECTS} objects"));
            }
        }
    }

    /// What a dictionary holds; of anything else, nothing.
    pub fn dict(&self, object: &Object) -> &[(Object, Object)] {
        match object {
            Object::Dict(at) => &self.dicts[*at],
            _ => &[],
        }
    }

    /// What a list holds; of anything else, nothing.
    pub fn list(&self, object: &Object) -> &[Object] {
        match object {
            Object::List(at) => &self.lists[*at],
            _ => &[],
        }
    }

    fn pop(&mut self) -> Result<Object> {
        self.stack.pop().ok_or_else(|| "empty stack".to_owned())
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Object>> {
        let mark = |o: &Object| matches!(o, Object::Mark);
        let at = self.stack.iter().rposition(mark).ok_or("no mark")?;
        let objects = self.stack.split_off(at + 1);
        self.stack.pop();
        Ok(objects)
    }

    fn step(&mut self, code: u8, input: &mut Input<impl Read>) -> Result<()> {
        let object = match code {
            // The protocol's version.
            0x80 => return input.byte().map(|_| ()),
            b'(' => Object::Mark,
            b'N' => Object::None,
            0x88 => Object::Bool(true),
            0x89 => Object::Bool(false),
            b'K' => Object::Int(input.byte()?.into()),
            b'M' => Object::Int(u16::from_le_bytes(input.bytes()?).into()),
            b'J' => Object::Int(i32::from_le_bytes(input.bytes()?).into()),
            0x8a => self.long(input)?,
            b'G' => {
                input.bytes::<8>()?;
                Object::Other
            }
            b'X' => {
                let length = u32::from_le_bytes(input.bytes()?);
                Object::Text(input.text(length)?)
            }
            b'c' => {
                let (module, name) = (input.line()?, input.line()?);
                Object::Global(format!("{module} {name}").into())
            }
            b'}' => {
                self.dicts.push(Vec::new());
                Object::Dict(self.dicts.len() - 1)
            }
            b']' => {
                self.lists.push(Vec::new());
                Object::List(self.lists.len() - 1)
            }
            b')' => tuple(Vec::new())?,
            0x85..=0x87 => {
                let length = usize::from(code - 0x84);
                let at = self.stack.len().checked_sub(length).ok_or("empty stack")?;
                tuple(self.stack.split_off(at))?
            }
            b't' => tuple(self.pop_to_mark()?)?,
            b'Q' => {
                let id = self.pop()?;
                self.storage(&id)?
            }
            b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.call(&function, &arguments)?
            }
            0x81 => {
                self.pop()?;
                self.pop()?;
                Object::Other
            }
            // The state of an object: none that matters here has any.
            b'b' => return self.pop().map(|_| ()),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                return self.set(vec![key, value]);
            }
            b'u' => {
                let objects = self.pop_to_mark()?;
                return self.set(objects);
            }
            b'a' => {
                let value = self.pop()?;
                return self.append(vec![value]);
            }
            b'e' => {
                let objects = self.pop_to_mark()?;
                return self.append(objects);
            }
            b'q' => {
                let at = input.byte()?.into();
                return self.memorise(at);
            }
            b'r' => {
                let at = u32::from_le_bytes(input.bytes()?);
                return self.memorise(at);
            }
            b'h' => self.recall(input.byte()?.into())?,
            b'j' => self.recall(u32::from_le_bytes(input.bytes()?))?,
            other => return Err(format!("operation {other:#04x} is not PyTorch's")),
        };
        self.stack.push(object);
        Ok(())
    }

    /// An integer of any length; one of more than 64 bits is nothing that anybody looks into.
    fn long(&mut self, input: &mut Input<impl Read>) -> Result<Object> {
        let length = input.byte()?;
        let (mut value, mut last) = (0u64, 0);
        for i in 0..length {
            last = input.byte()?;
            if i < 8 {
                value |= u64::from(last) << (8 * i);
            }
        }
        Ok(match length {
            0 => Object::Int(0),
            1..=8 => {
                let unused = 64 - 8 * u32::from(length);
                Object::Int((value << unused) as i64 >> unused)
            }
            9 if last == 0 => i64::try_from(value).map_or(Object::Other, Object::Int),
            _ => Object::Other,
        })
    }

    fn memorise(&mut self, at: u32) -> Result<()> {
        let object = self.stack.last().ok_or("empty stack")?;
        self.memo.insert(at, object.clone());
        Ok(())
    }

    fn recall(&self, at: u32) -> Result<Object> {
        let object = self.memo.get(&at);
        object.cloned().ok_or_else(|| format!("no object {at}"))
    }

    fn set(&mut self, pairs: Vec<Object>) -> Result<()> {
        self.entries += pairs.len();
        if let Some(Object::Dict(at)) = self.stack.last() {
            let mut pairs = pairs.into_iter();
            while let (Some(key), Some(value)) = (pairs.next(), pairs.next()) {
                self.dicts[*at].push((key, value));
            }
        }
        Ok(())
    }

    fn append(&mut self, objects: Vec<Object>) -> Result<()> {
        self.entries += objects.len();
        if let Some(Object::List(at)) = self.stack.last() {
            self.lists[*at].extend(objects);
        }
        Ok(())
    }

    fn storage(&mut self, id: &Object) -> Result<Object> {
        let error = || "a reference that is not one to a storage".to_owned();
        let Object::Tuple(parts, _) = id else {
            return Err(error());
        };
        let (class, key, elements) = match &parts[..] {
            [
                _,
                Object::Global(class),
                Object::Text(key),
                _,
                Object::Int(n),
            ]
            | [
                _,
                Object::Global(class),
                Object::Text(key),
                _,
                Object::Int(n),
                Object::None,
            ] => (class, key, u64::try_from(*n).map_err(|_| error())?),
            [_, _, _, _, _, _] => {
                return Err("it has views of storages, as PyTorch before 0.4 wrote them".to_owned());
            }
            _ => return Err(error()),
        };
        let storage = Arc::new(Storage {
            class: class.rsplit(' ').next().unwrap_or_default().to_owned(),
            key: key.to_string(),
            elements,
        });
        let known = self
            .storages
            .entry(storage.key.clone())
            .or_insert(storage.clone());
        if **known != *storage {
            return Err(format!("storage {} is described twice", storage.key));
        }
        Ok(Object::Storage(known.clone()))
    }

    fn call(&mut self, function: &Object, arguments: &Object) -> Result<Object> {
        let (Object::Global(name), Object::Tuple(arguments, _)) = (function, arguments) else {
            return Ok(Object::Other);
        };
        Ok(match (&**name, &arguments[..]) {
            ("collections OrderedDict", _) => {
                self.dicts.push(Vec::new());
                Object::Dict(self.dicts.len() - 1)
            }
            ("torch._utils _rebuild_parameter", [tensor, ..]) => tensor.clone(),
            (
                "torch._tensor _rebuild_from_type_v2",
                [function @ Object::Global(name), _, inner, ..],
            ) if &**name != "torch._tensor _rebuild_from_type_v2" => self.call(function, inner)?,
            (
                "torch._utils _rebuild_tensor_v2",
                [
                    Object::Storage(storage),
                    Object::Int(offset),
                    shape,
                    stride,
                    ..,
                ],
            ) => {
                let numbers = |object: &Object| match object {
                    Object::Tuple(items, _) => items.iter().map(natural).collect(),
                    _ => None,
                };
                let bad = "a tensor whose shape is not a list of numbers";
                let shape: Vec<u64> = numbers(shape).ok_or(bad)?;
                Object::Tensor(Arc::new(Stored {
                    storage: storage.clone(),
                    offset: u64::try_from(*offset).map_err(|_| bad)?,
                    shape: shape.into_iter().map(|d| d as usize).collect(),
                    stride: numbers(stride).ok_or(bad)?,
                }))
            }
            _ => Object::Other,
        })
    }
}

fn natural(object: &Object) -> Option<u64> {
    match object {
        Object::Int(n) => u64::try_from(*n).ok(),
        _ => None,
    }
}

fn tuple(items: Vec<Object>) -> Result<Object> {
    let depths = items.iter().map(|item| match item {
        Object::Tuple(_, depth) => *depth,
        _ => 0,
    });
    match depths.max().unwrap_or(0) + 1 {
        // A deeper one would be dropped by a recursion as deep.
        MAX_DEPTH.. => Err("tuples lie too deep in each other".to_owned()),
        depth => Ok(Object::Tuple(items.into(), depth)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pickle: &[u8]) -> Result<Object> {
        Machine::default().run(&mut Input::new(pickle, pickle.len() as u64))
    }

    #[test]
    fn integers() {
        for (pickle, expected) in [
            (&b"K\x07."[..], 7),
            (b"M\x01\x02.", 513),
            (b"J\xff\xff\xff\xff.", -1),
            (b"\x8a\x00.", 0),
            (b"\x8a\x01\x80.", -128),
            (b"\x8a\x03\x00\x00\x01.", 65536),
            (b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", i64::MAX),
            (b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\x00.", i64::MAX),
        ] {
            let found = run(pickle).unwrap();
            assert!(
                matches!(found, Object::Int(n) if n == expected),
                "{found:?}"
            );
        }
        let long = run(b"\x8a\x0a0123456789.").unwrap();
        assert!(matches!(long, Object::Other));
    }

    #[test]
    fn nothing_is_run() {
        let found = run(b"cos\nsystem\nX\x04\x00\x00\x00true\x85R.").unwrap();
        assert!(matches!(found, Object::Other), "{found:?}");
    }

    #[test]
    fn programs_that_lie() {
        let deep = [vec![b')'], vec![0x85; 100_000], vec![b'.']].concat();
        let many = [vec![b'N'; MAX_OBJECTS + 1], vec![b'.']].concat();
        let name = [vec![b'c'], vec![b'a'; 1000]].concat();
        for (pickle, expected) in [
            (&deep[..], "too deep"),
            (&many, "more than"),
            (&name, "without an end"),
            (b"X\xff\xff\xff\xffabc.", "cut short"),
            (b"K", "cut short"),
            (b".", "empty stack"),
            (b"\x87.", "empty stack"),
            (b"t.", "no mark"),
            (b"h\x05.", "no object 5"),
            (b"I1\n.", "not PyTorch's"),
            (b"K\x01Q.", "reference"),
        ] {
            let error = run(pickle).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
