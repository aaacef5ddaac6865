//! Language models on this machine that say what they are told to, in the interface that they are asked in. They remember every
//! request, and can be made to misbehave.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, ensure};
use serde_json::{Value as Json, json};

/// A model with its service. It answers as long as the process lives.
#[derive(Debug)]
pub struct Model {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What a model says when it is asked.
#[derive(Clone, Debug)]
pub enum Said {
    /// A text.
    Text(String),
    /// Calls of tools, in the way of the interface: names and arguments.
    Calls(Vec<(String, Json)>),
    /// A refusal: status, body, and `Retry-After`.
    Refusal(u16, Json, Option<String>),
    /// This document, whatever the interface.
    Document(Json),
    /// Nothing, for ever.
    Nothing,
    /// The connection is closed.
    Gone,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// Where it was to be sent on to, if the model was taken for a proxy.
    pub tunnel: Option<String>,
    /// The headers; their names are in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Json,
}

#[derive(Debug, Default)]
struct State {
    /// What is said to requests in which a text stands, in order; each once.
    script: Vec<(String, Said)>,
    asked: Vec<Asked>,
    refuses_tools: bool,
    together: Option<Arc<Barrier>>,
    /// Connections that are never answered.
    kept: Vec<TcpStream>,
}

impl Model {
    /// Starts one that says `done.` to everything.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                // Whoever hangs up is not answered.
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Ok(Self { address, state })
    }

    /// Where the service is.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says this to the next request.
    pub fn say(&self, said: Said) {
        self.say_to("", said);
    }

    /// Says this to the next request that has this text in it.
    pub fn say_to(&self, part: &str, said: Said) {
        self.state().script.push((part.to_owned(), said));
    }

    /// Says a text.
    pub fn say_text(&self, text: &str) {
        self.say(Said::Text(text.to_owned()));
    }

    /// Calls one tool.
    pub fn call(&self, tool: &str, arguments: Json) {
        self.say(Said::Calls(vec![(tool.to_owned(), arguments)]));
    }

    /// Refuses requests that have tools from now on.
    pub fn refuse_tools(&self) {
        self.state().refuses_tools = true;
    }

    /// Answers only when so many are asking at once.
    pub fn answer_together(&self, askers: usize) {
        self.state().together = Some(Arc::new(Barrier::new(askers)));
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Asked {
    fn read(stream: &TcpStream) -> anyhow::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut tunnel = None;
        let (mut method, mut path, mut headers) = head(&mut reader)?;
        if method == "CONNECT" {
            write!(&mut { stream }, "HTTP/1.1 200 x\r\n\r\n")?;
            tunnel = Some(path);
            (method, path, headers) = head(&mut reader)?;
        }
        ensure!(method == "POST", "{method}");
        let length = headers.get("content-length").map_or(Ok(0), |length| length.parse())?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Self { path, tunnel, headers, body: serde_json::from_slice(&body)? })
    }

    /// The text of its last message.
    #[must_use]
    pub fn last(&self) -> String {
        let messages = self.body["messages"].as_array();
        let content = messages.and_then(|messages| messages.last()).map(|message| &message["content"]);
        match content {
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }
}

/// Method, target and headers of a request.
fn head(reader: &mut impl BufRead) -> anyhow::Result<(String, String, BTreeMap<String, String>)> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().context("a method")?, words.next().context("a target")?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Ok((method, target, headers))
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> anyhow::Result<()> {
    let asked = Asked::read(&stream)?;
    let text = asked.body.to_string();
    let (said, together, number) = {
        let mut state = lock(state);
        let number = state.asked.len();
        state.asked.push(asked.clone());
        let said = if state.refuses_tools && asked.body.get("tools").is_some() {
            let error = json!({ "error": { "message": "this model does not support tools" } });
            Said::Refusal(400, error, None)
        } else {
            let next = state.script.iter().position(|(part, _)| text.contains(part.as_str()));
            next.map_or_else(|| Said::Text("done.".to_owned()), |next| state.script.remove(next).1)
        };
        (said, state.together.clone(), number)
    };
    if let Some(together) = together {
        together.wait();
    }
    let claude = asked.path.ends_with("/messages");
    let (status, body, retry_after) = match said {
        Said::Gone => return Ok(()),
        Said::Nothing => {
            lock(state).kept.push(stream);
            return Ok(());
        }
        Said::Refusal(status, body, retry_after) => (status, body, retry_after),
        Said::Document(document) => (200, document, None),
        Said::Text(text) if claude => (200, claude_says(&json!([{ "type": "text", "text": text }])), None),
        Said::Text(text) => (200, openai_says(&json!({ "role": "assistant", "content": text })), None),
        Said::Calls(calls) if claude => {
            let block = |(index, (name, input)): (usize, &(String, Json))| json!({ "type": "tool_use", "id": format!("c{number}-{index}"), "name": name, "input": input });
            (200, claude_says(&calls.iter().enumerate().map(block).collect()), None)
        }
        Said::Calls(calls) => {
            let call = |(index, (name, arguments)): (usize, &(String, Json))| {
                let function = json!({ "name": name, "arguments": arguments.to_string() });
                json!({ "id": format!("c{number}-{index}"), "type": "function", "function": function })
            };
            let calls: Json = calls.iter().enumerate().map(call).collect();
            (200, openai_says(&json!({ "role": "assistant", "content": null, "tool_calls": calls })), None)
        }
    };
    let body = body.to_string();
    let retry_after = retry_after.map(|wait| format!("Retry-After: {wait}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{retry_after}");
    write!(&stream, "{head}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    Ok(())
}

fn claude_says(content: &Json) -> Json {
    json!({ "type": "message", "role": "assistant", "content": content,
        "usage": { "input_tokens": 100, "output_tokens": 10 } })
}

fn openai_says(message: &Json) -> Json {
    json!({ "choices": [{ "index": 0, "message": message }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10 } })
}
