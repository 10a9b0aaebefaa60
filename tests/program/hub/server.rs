//! A hub on this machine: the paths, redirects and headers of the real one, and its bad days.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;

pub const COMMIT: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// What the server does to the next request whose path contains something.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answers with this status, these headers and this body.
    Status(u16, &'static str, &'static str),
    /// Sends so many bytes of the body, and cuts the connection.
    Cut(usize),
    /// Sends so many bytes of the body, and no more until it is [released](Server::release).
    Stall(usize),
    /// Sends the body with its last byte flipped.
    Flip,
    /// Sends the whole body, whatever part was asked for.
    Whole,
    /// Sends a byte more than the file has.
    Longer,
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// The first byte of the part that was asked for.
    pub from: Option<usize>,
    pub token: Option<String>,
}

/// A model as the hub has it.
#[derive(Debug, Clone)]
pub struct Model {
    pub files: BTreeMap<String, Vec<u8>>,
    /// The size that the hub lists where that is a lie.
    pub listed: BTreeMap<String, usize>,
    pub revision: &'static str,
    pub licence: &'static str,
    /// Whoever has not this token may not read it.
    pub token: Option<&'static str>,
}

impl Model {
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(name, content)| (name.to_owned(), content))
                .collect(),
            listed: BTreeMap::new(),
            revision: "main",
            licence: "apache-2.0",
            token: None,
        }
    }

    /// The files of a folder.
    pub fn of_folder(folder: &Path) -> Self {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        });
        Self {
            files: files.collect(),
            ..Self::new([])
        }
    }
}

/// The real one stores by name what is large.
fn is_large(name: &str) -> bool {
    [".safetensors", ".bin", ".gguf", ".spm", ".model"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn git_id(content: &[u8]) -> String {
    let header = format!("blob {}\0", content.len());
    hex(&Sha1::new_with_prefix(header)
        .chain_update(content)
        .finalize())
}

pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

#[derive(Default)]
struct State {
    models: BTreeMap<String, Model>,
    faults: Vec<(String, Fault)>,
    requests: Vec<Request>,
    released: bool,
}

/// A server that ends with its test.
pub struct Server {
    pub address: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Server {
    pub fn start<'a>(models: impl IntoIterator<Item = (&'a str, Model)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let models = models.into_iter().map(|(id, model)| (id.to_owned(), model));
        let state = State {
            models: models.collect(),
            ..State::default()
        };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let shared = (address.clone(), Arc::clone(&state));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (address, state) = (shared.0.clone(), Arc::clone(&shared.1));
                // A client that is killed cuts its connection, which is no failure of the server.
                std::thread::spawn(move || drop(answer(stream.unwrap(), &address, &state)));
            }
        });
        Self { address, state }
    }

    /// Does this to the next request whose path contains `path`.
    pub fn fault(&self, path: &str, fault: Fault) {
        self.state
            .0
            .lock()
            .unwrap()
            .faults
            .push((path.to_owned(), fault));
    }

    /// Changes a model.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Model)) {
        change(self.state.0.lock().unwrap().models.get_mut(id).unwrap());
    }

    /// Ends all stalling.
    pub fn release(&self) {
        self.state.0.lock().unwrap().released = true;
        self.state.1.notify_all();
    }

    /// How many requests since the last call of [`requests`](Self::requests) had this in their
    /// path.
    pub fn count(&self, path: &str) -> usize {
        let state = self.state.0.lock().unwrap();
        state
            .requests
            .iter()
            .filter(|request| request.path.contains(path))
            .count()
    }

    /// The requests since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.0.lock().unwrap().requests)
    }
}

fn answer(
    mut stream: TcpStream,
    address: &str,
    state: &(Mutex<State>, Condvar),
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let mut words = first.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or_default().to_owned();
    let mut request = Request {
        method,
        path,
        from: None,
        token: None,
    };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                let range = value.strip_prefix("bytes=").and_then(|r| r.split_once('-'));
                request.from = range.and_then(|(from, _)| from.parse().ok());
            }
            "authorization" => request.token = value.strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    if request.path.is_empty() {
        return Ok(());
    }
    let (response, fault) = {
        let mut state = state.0.lock().unwrap();
        state.requests.push(request.clone());
        // Bodies are what goes wrong, and requests for the head have none.
        let hit = |(path, _): &(String, Fault)| {
            request.method == "GET" && request.path.contains(path.as_str())
        };
        let fault = state.faults.iter().position(hit);
        let fault = fault.map(|at| state.faults.remove(at).1);
        (respond(&request, address, &state.models), fault)
    };
    send(&mut stream, &request, response, fault, state)
}

struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn respond(request: &Request, address: &str, models: &BTreeMap<String, Model>) -> Response {
    let path = request.path.split('?').next().unwrap();
    let plain = |status, code: &str, message: &str| Response {
        status,
        headers: vec![
            ("X-Error-Code", code.to_owned()),
            ("X-Error-Message", message.to_owned()),
        ],
        body: json!({ "error": message }).to_string().into_bytes(),
    };
    let json = |value: Value| Response {
        status: 200,
        headers: vec![("Content-Type", "application/json".to_owned())],
        body: value.to_string().into_bytes(),
    };
    // Contents are behind a redirect, as on the real one's storage.
    if let Some(hash) = path.strip_prefix("/storage/") {
        let mut contents = models.values().flat_map(|model| model.files.values());
        return match contents.find(|content| sha256(content) == hash) {
            Some(content) => Response {
                status: 200,
                headers: vec![
                    ("ETag", format!("\"{hash}\"")),
                    ("Accept-Ranges", "bytes".into()),
                ],
                body: content.clone(),
            },
            None => plain(404, "", "no such content"),
        };
    }
    let parts: Vec<_> = path
        .trim_start_matches("/api/models")
        .split('/')
        .skip(1)
        .collect();
    let [owner, name, verb, revision, file @ ..] = &parts[..] else {
        return plain(404, "", "no such page");
    };
    let Some(model) = models.get(&format!("{owner}/{name}")) else {
        return match request.token {
            None => plain(401, "RepoNotFound", "Invalid username or password."),
            Some(_) => plain(404, "RepoNotFound", "Repository not found"),
        };
    };
    let revision = revision.replace("%2F", "/");
    if revision != model.revision && revision != COMMIT {
        return plain(404, "RevisionNotFound", "Invalid rev id");
    }
    let allowed = model.token.is_none() || request.token.as_deref() == model.token;
    match (*verb, path.starts_with("/api/")) {
        ("revision", true) => {
            let siblings = model.files.keys().map(|name| json!({ "rfilename": name }));
            json(json!({
                "_id": "0", "id": format!("{owner}/{name}"), "sha": COMMIT, "private": false,
                "gated": if model.token.is_some() { json!("auto") } else { json!(false) },
                "tags": [format!("license:{}", model.licence)],
                "cardData": { "license": model.licence },
                "siblings": siblings.collect::<Vec<_>>(),
            }))
        }
        ("tree", true) => {
            let entries = model.files.iter().map(|(name, content)| {
                let size = model.listed.get(name).copied().unwrap_or(content.len());
                if !is_large(name) {
                    return json!({
                        "type": "file", "oid": git_id(content), "size": size, "path": name
                    });
                }
                let sha256 = sha256(content);
                let pointer = format!(
                    "version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
                );
                let lfs = json!({ "oid": sha256, "size": size, "pointerSize": pointer.len() });
                json!({
                    "type": "file", "oid": git_id(pointer.as_bytes()), "size": size, "path": name,
                    "lfs": lfs
                })
            });
            json(Value::Array(entries.collect()))
        }
        ("resolve", false) if !allowed => match request.token {
            None => plain(401, "GatedRepo", "Access to this model is restricted."),
            Some(_) => plain(403, "GatedRepo", "You are not in the authorized list."),
        },
        ("resolve", false) => {
            let Some(content) = model.files.get(&file.join("/")) else {
                return plain(404, "EntryNotFound", "Entry not found");
            };
            let mut headers = vec![
                ("X-Repo-Commit", COMMIT.to_owned()),
                ("Accept-Ranges", "bytes".to_owned()),
            ];
            if !is_large(&file.join("/")) {
                headers.push(("ETag", format!("\"{}\"", git_id(content))));
                return Response {
                    status: 200,
                    headers,
                    body: content.clone(),
                };
            }
            let sha256 = sha256(content);
            headers.extend([
                ("X-Linked-Size", content.len().to_string()),
                ("X-Linked-Etag", format!("\"{sha256}\"")),
                ("Location", format!("{address}/storage/{sha256}")),
            ]);
            Response {
                status: 302,
                headers,
                body: Vec::new(),
            }
        }
        _ => plain(404, "", "no such page"),
    }
}

fn send(
    stream: &mut TcpStream,
    request: &Request,
    mut response: Response,
    fault: Option<Fault>,
    state: &(Mutex<State>, Condvar),
) -> std::io::Result<()> {
    if let Some(Fault::Status(status, header, body)) = &fault {
        response = Response {
            status: *status,
            headers: header
                .split_once(": ")
                .map(|(n, v)| (n, v.to_owned()))
                .into_iter()
                .collect(),
            body: body.as_bytes().to_vec(),
        };
    }
    let whole = response.body.len();
    if let (Some(from), 200, false) = (
        request.from,
        response.status,
        matches!(fault, Some(Fault::Whole)),
    ) {
        if from >= whole {
            response.status = 416;
            response.body.clear();
        } else {
            response.status = 206;
            response.body.drain(..from);
            let range = format!("bytes {from}-{}/{whole}", whole - 1);
            response.headers.push(("Content-Range", range));
        }
    }
    match fault {
        Some(Fault::Flip) => *response.body.last_mut().unwrap() ^= 1,
        Some(Fault::Longer) => response.body.push(b' '),
        _ => {}
    }
    let mut head = format!("HTTP/1.1 {} It Is\r\n", response.status);
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!(
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        response.body.len()
    );
    stream.write_all(head.as_bytes())?;
    if request.method == "HEAD" {
        return Ok(());
    }
    match fault {
        Some(Fault::Cut(bytes)) => stream.write_all(&response.body[..bytes]),
        Some(Fault::Stall(bytes)) => {
            stream.write_all(&response.body[..bytes])?;
            let released = state.0.lock().unwrap();
            drop(
                state
                    .1
                    .wait_while(released, |state| !state.released)
                    .unwrap(),
            );
            stream.write_all(&response.body[bytes..])
        }
        _ => stream.write_all(&response.body),
    }
}
