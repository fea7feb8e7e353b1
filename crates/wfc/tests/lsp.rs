//! The editor server, spoken to as an editor does: over its standard input
//! and output, message by message.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Workspace, wfc};

/// How long any one answer may take; a server that hangs fails the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// An editor with a server.
struct Editor<'a> {
    workspace: &'a Workspace,
    server: Child,
    input: Option<ChildStdin>,
    incoming: Receiver<Value>,
    /// Messages that came while another was awaited.
    kept: VecDeque<Value>,
    requests: i64,
}

impl<'a> Editor<'a> {
    /// Starts a server and introduces itself, with a choice of encodings.
    fn start(workspace: &'a Workspace, encodings: &[&str]) -> (Self, Value) {
        let mut server = wfc(workspace)
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Editor {
            workspace,
            input: server.stdin.take(),
            server,
            incoming,
            kept: VecDeque::new(),
            requests: 0,
        };
        let root = editor.uri("");
        let answer = editor.request(
            "initialize",
            json!({
                "processId": null,
                "rootUri": root,
                "capabilities": { "general": { "positionEncodings": encodings } },
            }),
        );
        editor.notify("initialized", json!({}));
        (editor, answer)
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.workspace.path().join(name).display())
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message);
        let answer = self.until(|message| message["id"] == id);
        assert!(answer.get("error").is_none(), "{method}: {answer:#}");
        answer["result"].clone()
    }

    /// The first message for which `wanted` holds; the others are kept.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at).unwrap();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(message) = self.incoming.recv_timeout(left) else {
                panic!("no such message came; these did: {:#?}", self.kept);
            };
            if wanted(&message) {
                return message;
            }
            self.kept.push_back(message);
        }
    }

    fn open(&mut self, name: &str, language: &str, version: i32, text: &str) {
        let uri = self.uri(name);
        self.notify(
            "textDocument/didOpen",
            json!({ "textDocument": {
                "uri": uri, "languageId": language, "version": version, "text": text,
            }}),
        );
    }

    fn change(&mut self, name: &str, version: i32, text: &str) {
        let uri = self.uri(name);
        self.notify(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": uri, "version": version },
                "contentChanges": [{ "text": text }],
            }),
        );
    }

    /// What is published next for a file.
    fn published(&mut self, name: &str) -> Value {
        let uri = self.uri(name);
        let message = self.until(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
        });
        message["params"].clone()
    }

    /// Says what is published next for a file: the version, and code and place
    /// of each finding.
    #[track_caller]
    fn check(&mut self, name: &str, expected: &str) -> Value {
        let params = self.published(name);
        let mut found = match params["version"].as_i64() {
            Some(version) => format!("version {version}"),
            None => "no version".to_owned(),
        };
        for each in params["diagnostics"].as_array().unwrap() {
            let at = &each["range"];
            found.push_str(&format!(
                "; {} {}:{}-{}:{}",
                each["code"].as_str().unwrap(),
                at["start"]["line"],
                at["start"]["character"],
                at["end"]["line"],
                at["end"]["character"],
            ));
        }
        assert_eq!(found, expected, "{params:#}");
        params["diagnostics"].clone()
    }

    /// Sends `exit` and waits for the end of the server.
    fn exit(mut self) -> ExitStatus {
        self.notify("exit", Value::Null);
        // The input stays open: the server must end without its being closed.
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.server.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Editor<'_> {
    fn drop(&mut self) {
        // It has ended already unless the test failed.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse::<usize>().ok();
                }
            }
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The misspelt key stands behind a character of two bytes and one of four,
/// which are one and two UTF-16 units.
const BROKEN: &str = "\
version: \"2.14\"
name: demo
steps:
  - { name: \"é😀\", comand: [echo, hello] }
";

fn mended() -> String {
    BROKEN.replace("comand", "command")
}

#[test]
fn findings_come_and_go_with_the_text() {
    let workspace = Workspace::new();
    let (mut editor, hello) = Editor::start(&workspace, &["utf-16"]);
    assert_eq!(hello["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(hello["serverInfo"]["name"], "wfc");

    editor.open("flow.yaml", "yaml", 7, BROKEN);
    let found = editor.check("flow.yaml", "version 7; E0301 3:19-3:25");
    assert_eq!(found[0]["severity"], 1);
    assert_eq!(found[0]["source"], "wfc");
    let message = found[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("a step has no key `comand`\n"),
        "{message}"
    );
    assert!(
        message.ends_with("\nhelp: did you mean `command`?"),
        "{message}"
    );

    let uri = editor.uri("flow.yaml");
    let cursor = json!({ "line": 3, "character": 20 });
    let hover = editor.request(
        "textDocument/hover",
        json!({ "textDocument": { "uri": uri }, "position": cursor }),
    );
    let page = hover["contents"]["value"].as_str().unwrap();
    assert!(page.starts_with("**E0301 unknown-key**\n"), "{page}");

    editor.change("flow.yaml", 8, &mended());
    editor.check("flow.yaml", "version 8");

    assert_eq!(editor.request("shutdown", Value::Null), Value::Null);
    assert_eq!(editor.exit().code(), Some(0));
}

/// What the editor shows for the first place of `word` in a document.
#[track_caller]
fn shown(editor: &mut Editor<'_>, name: &str, text: &str, word: &str) -> String {
    let at = text.find(word).unwrap();
    let line = text[..at].matches('\n').count();
    let column = at - text[..at].rfind('\n').map_or(0, |before| before + 1);
    let params = json!({
        "textDocument": { "uri": editor.uri(name) },
        "position": { "line": line, "character": column + 1 },
    });
    let hover = editor.request("textDocument/hover", params);
    hover["contents"]["value"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

const DESCRIBED: &str = "\
version: \"2.14\"
name: demo
steps:
  - name: A
    command: [\"true\"]
    retries: { max: 2, delay_ms: 5 }
  - name: B
    repeat_until:
      id: round
      outputs: { n: { type: integer, from: { ref: self.steps.C.exit_code } } }
      condition: { compare: { left: { ref: self.outputs.n }, op: eq, right: 0 } }
      max_iterations: 3
      steps:
        - { name: C, command: [\"true\"] }
    id: b
";

#[test]
fn a_key_of_yaml_is_described_in_one_sentence() {
    let workspace = Workspace::new();
    let (mut editor, _) = Editor::start(&workspace, &["utf-8"]);
    editor.open("flow.yaml", "yaml", 1, DESCRIBED);
    editor.check("flow.yaml", "version 1");
    for (word, about) in [
        ("version", "The version of the DSL"),
        ("retries", "How often"),
        ("delay_ms", "Milliseconds before"),
        ("max_iterations", "How many rounds"),
        ("compare", "Two values compare so. Since 1.6."),
        // What the author named is described nowhere.
        ("n: {", ""),
        ("\"true\"", ""),
    ] {
        let found = shown(&mut editor, "flow.yaml", DESCRIBED, word);
        assert!(found.contains(about), "{word}: {found}");
        assert_eq!(found.is_empty(), about.is_empty(), "{word}: {found}");
    }
}

const MODULE: &str = "\
(defmodule main)
(import std/phase :only (review-revise-loop))
(export go)
;;; What is said of a word.
(defprompt ask ((topic String :description \"what it is about\")) -> String
  \"Say {topic}.\")
;;; Twice as much.
(defun twice ((n Int)) -> Int (* n 2))
(defworkflow go ((n Int)) -> Int
  (twice (string/length (text (ask :topic \"x\") n))))
";

#[test]
fn forms_and_names_of_lisp_are_described() {
    let workspace = Workspace::new();
    let (mut editor, hello) = Editor::start(&workspace, &["utf-8"]);
    assert!(hello["capabilities"]["completionProvider"].is_object());
    editor.open("main.orc", "lisp", 1, MODULE);
    editor.published("main.orc");
    for (word, about) in [
        ("twice (string", "(defun twice ((n Int)) -> Int)"),
        ("twice (string", "Twice as much."),
        ("ask :topic", ":description \"what it is about\""),
        ("ask :topic", "What is said of a word."),
        ("string/length", "(string/length String) -> Int"),
        ("text (ask", "Makes a text of parts"),
        ("defun", "Defines a procedure that runs nothing."),
        ("n))))", ""),
    ] {
        let found = shown(&mut editor, "main.orc", MODULE, word);
        assert!(found.contains(about), "{word}: {found}");
        assert_eq!(found.is_empty(), about.is_empty(), "{word}: {found}");
    }
    // Names of the library have words of its own.
    let text = MODULE.replace("(twice (string", "(review-revise-loop (string");
    editor.change("main.orc", 2, &text);
    let params = json!({
        "textDocument": { "uri": editor.uri("main.orc") },
        "position": { "line": 9, "character": 14 },
    });
    let answer = editor.request("textDocument/completion", params);
    let offers = answer.as_array().unwrap();
    let names: Vec<&str> = offers
        .iter()
        .map(|o| o["label"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"review-revise-loop"), "{names:?}");
    assert!(
        names.iter().all(|name| name.starts_with("review-revi")),
        "{names:?}"
    );
    let meant = names.iter().position(|name| *name == "review-revise-loop");
    let said = offers[meant.unwrap()]["documentation"]["value"]
        .as_str()
        .unwrap();
    assert!(said.contains("review-revise-loop"), "{said}");
}

#[test]
fn a_document_is_formatted() {
    let workspace = Workspace::new();
    let (mut editor, hello) = Editor::start(&workspace, &["utf-16"]);
    assert_eq!(hello["capabilities"]["documentFormattingProvider"], true);
    editor.open("flow.yaml", "yaml", 1, "a: 1\nb:    é\n");
    let params = json!({
        "textDocument": { "uri": editor.uri("flow.yaml") },
        "options": { "tabSize": 8, "insertSpaces": true },
    });
    assert_eq!(
        editor.request("textDocument/formatting", params.clone()),
        json!([{
            "range": {
                "start": { "line": 1, "character": 0 },
                "end": { "line": 2, "character": 0 },
            },
            "newText": "b: é\n",
        }])
    );
    editor.change("flow.yaml", 2, "a: [\n");
    assert_eq!(
        editor.request("textDocument/formatting", params),
        Value::Null
    );
}

#[test]
fn a_quick_fix_is_the_fix_of_the_command_line() {
    let workspace = Workspace::new();
    let (mut editor, _) = Editor::start(&workspace, &[]);
    editor.open("flow.yaml", "yaml", 1, BROKEN);
    let found = editor.check("flow.yaml", "version 1; E0301 3:19-3:25");
    // A change just before the question: the answer is about the new text.
    editor.change("flow.yaml", 2, &format!("# one more line\n{BROKEN}"));
    let uri = editor.uri("flow.yaml");
    let mut ask = |line: u32, column: u32| {
        let cursor = json!({ "line": line, "character": column });
        editor.request(
            "textDocument/codeAction",
            json!({
                "textDocument": { "uri": uri },
                "range": { "start": cursor, "end": cursor },
                "context": { "diagnostics": found },
            }),
        )
    };
    assert_eq!(ask(3, 20), json!([]));
    let actions = ask(4, 20);
    assert_eq!(actions.as_array().unwrap().len(), 1, "{actions:#}");
    assert_eq!(actions[0]["title"], "Replace `comand` with `command`");
    assert_eq!(actions[0]["kind"], "quickfix");
    assert_eq!(actions[0]["diagnostics"][0]["code"], "E0301");
    assert_eq!(
        actions[0]["edit"]["changes"][&uri],
        json!([{
            "range": {
                "start": { "line": 4, "character": 19 },
                "end": { "line": 4, "character": 25 },
            },
            "newText": "command",
        }])
    );
    // Leaving without a word is what the protocol calls an error.
    assert_eq!(editor.exit().code(), Some(1));
}

#[test]
fn columns_are_bytes_for_an_editor_that_counts_them() {
    let workspace = Workspace::new();
    let (mut editor, hello) = Editor::start(&workspace, &["utf-8", "utf-16"]);
    assert_eq!(hello["capabilities"]["positionEncoding"], "utf-8");
    editor.open("flow.yaml", "yaml", 1, BROKEN);
    editor.check("flow.yaml", "version 1; E0301 3:22-3:28");
}

#[test]
fn workflow_lisp_is_served_too() {
    let workspace = Workspace::new();
    workspace.write("wfc.toml", "");
    let (mut editor, _) = Editor::start(&workspace, &[]);
    let text = "\
(workflow-lisp
  (:language \"0.1\")
  (:target-dsl \"2.14\")
  (defmodule flow)
  (export mian))
";
    editor.open("flow.orc", "workflow-lisp", 1, text);
    editor.check("flow.orc", "version 1; E0606 4:10-4:14");
    editor.change("flow.orc", 2, &text.replace("  (export mian)", ""));
    editor.check("flow.orc", "version 2");
    // The project file counts as it is in the editor, and is told about.
    editor.open("wfc.toml", "toml", 1, "[proviers]\n");
    let found = editor.published("wfc.toml");
    assert_eq!(found["version"], 1, "{found:#}");
    assert_eq!(found["diagnostics"].as_array().unwrap().len(), 1);
}

#[test]
fn findings_in_imported_files_are_shown_there() {
    let workspace = Workspace::new();
    workspace.write("lib.yaml", BROKEN);
    let (mut editor, _) = Editor::start(&workspace, &[]);
    let main = "\
version: \"2.14\"
name: main
imports:
  lib: lib.yaml
steps:
  - name: Go
    call: lib
";
    editor.open("main.yaml", "yaml", 1, main);
    editor.check("lib.yaml", "no version; E0301 3:19-3:25");
    // The buffer of the imported file counts, not what is on the disk.
    editor.open("lib.yaml", "yaml", 5, &mended());
    editor.check("lib.yaml", "version 5");
    let uri = editor.uri("lib.yaml");
    let document = json!({ "textDocument": { "uri": uri } });
    editor.notify("textDocument/didClose", document);
    // First nothing is known about the file, then the disk counts again.
    loop {
        let params = editor.published("lib.yaml");
        assert_eq!(params["version"], Value::Null, "{params:#}");
        if params["diagnostics"] != json!([]) {
            break;
        }
    }
    editor.change(
        "main.yaml",
        2,
        &main.replace("imports:\n  lib: lib.yaml\n", ""),
    );
    editor.check("lib.yaml", "no version");
}
