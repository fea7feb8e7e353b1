//! The protocol, and nothing else. No other file names its library.
//!
//! The library runs handlers concurrently and starts them in the order of
//! the messages. So a handler sends to the session before it waits for
//! anything, and the session sees what the editor sent in that order.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tower_lsp::jsonrpc::{self, Request};
use tower_lsp::lsp_types as lsp;
use tower_lsp::lsp_types::Url;
use tower_lsp::{Client, LanguageServer, LspService, Server};
use tower_service::Service;
use wfc_diag::{Severity, explain};

use crate::analysis::{Document, Finding, Repair};
use crate::position::{Encoding, Position, Range};
use crate::session::{self, Event, Message, Publication};

/// How long answers that are under way may take after the editor has said
/// that it leaves.
const FAREWELL: Duration = Duration::from_millis(50);

/// Serves an editor on standard input and output until it leaves. `folder`,
/// an absolute directory, is what file names start from if the editor opens
/// no folder.
///
/// Returns whether the editor took its leave properly, with `shutdown` before
/// `exit`; the protocol wants exit code 1 if not.
///
/// # Errors
///
/// When the system refuses a thread or a timer.
pub fn serve(folder: PathBuf) -> io::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let (event_sender, events) = mpsc::unbounded_channel();
    let session = session::start(
        folder,
        wfc_compiler::compile,
        session::COALESCE,
        event_sender,
    )?;
    let goodbye = Arc::new(Goodbye::default());
    runtime.block_on(talk(session, events, goodbye.clone()));
    // The thread that waits for input cannot be interrupted, and need not be.
    runtime.shutdown_background();
    Ok(goodbye.shut_down.load(Ordering::Relaxed))
}

async fn talk(
    session: Sender<Message>,
    events: mpsc::UnboundedReceiver<Event>,
    goodbye: Arc<Goodbye>,
) {
    let (service, socket) = LspService::new(|client| {
        tokio::spawn(forward(events, client));
        Handlers { session }
    });
    let service = Watched {
        inner: service,
        goodbye: goodbye.clone(),
    };
    let serving = Server::new(tokio::io::stdin(), tokio::io::stdout(), socket).serve(service);
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => {}
        () = goodbye.exit.notified() => {
            let _ = tokio::time::timeout(FAREWELL, serving).await;
        }
    }
}

/// What the editor has said about leaving.
#[derive(Default)]
struct Goodbye {
    shut_down: AtomicBool,
    exit: Notify,
}

/// The service, with an eye on `shutdown` and `exit`.
struct Watched {
    inner: LspService<Handlers>,
    goodbye: Arc<Goodbye>,
}

impl Service<Request> for Watched {
    type Response = <LspService<Handlers> as Service<Request>>::Response;
    type Error = <LspService<Handlers> as Service<Request>>::Error;
    type Future = <LspService<Handlers> as Service<Request>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match request.method() {
            "shutdown" => self.goodbye.shut_down.store(true, Ordering::Relaxed),
            // The library would cancel what is under way and go on reading.
            "exit" => {
                self.goodbye.exit.notify_one();
                return Box::pin(std::future::ready(Ok(None)));
            }
            _ => {}
        }
        self.inner.call(request)
    }
}

/// Passes on what the session tells, in order.
async fn forward(mut events: mpsc::UnboundedReceiver<Event>, client: Client) {
    while let Some(event) = events.recv().await {
        match event {
            Event::Publish(publication) => {
                if let Some(uri) = uri_of(&publication) {
                    let findings = publication.findings.iter();
                    let diagnostics = findings.map(diagnostic).collect();
                    client
                        .publish_diagnostics(uri, diagnostics, publication.version)
                        .await;
                }
            }
            Event::Bug { path } => {
                let text = format!(
                    "wfc failed on {} because of a bug in wfc; the findings shown are those before \
                     the last change. The output of the server has a line to report.",
                    path.display()
                );
                client.show_message(lsp::MessageType::ERROR, text).await;
            }
        }
    }
}

struct Handlers {
    session: Sender<Message>,
}

impl Handlers {
    fn tell(&self, message: Message) {
        // The session has gone only when the server is about to end.
        let _ = self.session.send(message);
    }

    /// The findings at a place; none once the session has gone.
    async fn ask(&self, uri: &Url, range: lsp::Range) -> Vec<Finding> {
        let Some(path) = path_of(uri) else {
            return Vec::new();
        };
        let (reply, answer) = oneshot::channel();
        let range = Range {
            start: position_from(range.start),
            end: position_from(range.end),
        };
        self.tell(Message::Ask { path, range, reply });
        answer.await.unwrap_or_default()
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Handlers {
    async fn initialize(
        &self,
        params: lsp::InitializeParams,
    ) -> jsonrpc::Result<lsp::InitializeResult> {
        let encoding = encoding(&params);
        self.tell(Message::Start {
            folders: folders(&params),
            encoding,
        });
        Ok(lsp::InitializeResult {
            capabilities: capabilities(encoding),
            server_info: Some(lsp::ServerInfo {
                name: "wfc".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
    }

    async fn shutdown(&self) -> jsonrpc::Result<()> {
        self.tell(Message::Stop);
        Ok(())
    }

    async fn did_open(&self, params: lsp::DidOpenTextDocumentParams) {
        let lsp::TextDocumentItem {
            uri, version, text, ..
        } = params.text_document;
        if let Some(path) = path_of(&uri) {
            let document = Document {
                uri: uri.into(),
                version,
                text: text.into(),
            };
            self.tell(Message::Open { path, document });
        }
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        // Each change is a whole text; the last one counts.
        let last = params.content_changes.into_iter().next_back();
        if let (Some(path), Some(change)) = (path_of(&params.text_document.uri), last) {
            self.tell(Message::Change {
                path,
                version: params.text_document.version,
                text: change.text,
            });
        }
    }

    async fn did_close(&self, params: lsp::DidCloseTextDocumentParams) {
        if let Some(path) = path_of(&params.text_document.uri) {
            self.tell(Message::Close { path });
        }
    }

    async fn did_save(&self, _: lsp::DidSaveTextDocumentParams) {
        self.tell(Message::Refresh);
    }

    async fn did_change_watched_files(&self, _: lsp::DidChangeWatchedFilesParams) {
        self.tell(Message::Refresh);
    }

    async fn code_action(
        &self,
        params: lsp::CodeActionParams,
    ) -> jsonrpc::Result<Option<lsp::CodeActionResponse>> {
        if let Some(only) = &params.context.only
            && !only.contains(&lsp::CodeActionKind::QUICKFIX)
            && !only.contains(&lsp::CodeActionKind::EMPTY)
        {
            return Ok(None);
        }
        let uri = params.text_document.uri;
        let findings = self.ask(&uri, params.range).await;
        let actions = findings.iter().filter_map(|each| action(each, &uri));
        Ok(Some(actions.collect()))
    }

    async fn formatting(
        &self,
        params: lsp::DocumentFormattingParams,
    ) -> jsonrpc::Result<Option<Vec<lsp::TextEdit>>> {
        let Some(path) = path_of(&params.text_document.uri) else {
            return Ok(None);
        };
        let (reply, answer) = oneshot::channel();
        self.tell(Message::Format { path, reply });
        let edit = answer.await.unwrap_or_default();
        Ok(edit.map(|(place, text)| vec![lsp::TextEdit::new(range(place), text)]))
    }

    async fn hover(&self, params: lsp::HoverParams) -> jsonrpc::Result<Option<lsp::Hover>> {
        let at = params.text_document_position_params;
        let place = lsp::Range::new(at.position, at.position);
        let findings = self.ask(&at.text_document.uri, place).await;
        // The innermost finding is the one that is meant.
        if let Some(finding) = findings.last() {
            return Ok(Some(lsp::Hover {
                contents: lsp::HoverContents::Markup(markdown(page(finding))),
                range: Some(range(finding.range)),
            }));
        }
        let Some(path) = path_of(&at.text_document.uri) else {
            return Ok(None);
        };
        let (reply, answer) = oneshot::channel();
        let at = position_from(at.position);
        self.tell(Message::Describe { path, at, reply });
        let about = answer.await.unwrap_or_default();
        Ok(about.map(|about| lsp::Hover {
            contents: lsp::HoverContents::Markup(markdown(about.text)),
            range: Some(range(about.range)),
        }))
    }

    async fn completion(
        &self,
        params: lsp::CompletionParams,
    ) -> jsonrpc::Result<Option<lsp::CompletionResponse>> {
        let at = params.text_document_position;
        let Some(path) = path_of(&at.text_document.uri) else {
            return Ok(None);
        };
        let (reply, answer) = oneshot::channel();
        let at = position_from(at.position);
        self.tell(Message::Offer { path, at, reply });
        let offers = answer.await.unwrap_or_default();
        let items = offers.into_iter().map(|offer| lsp::CompletionItem {
            label: offer.name,
            detail: Some(offer.detail),
            documentation: Some(lsp::Documentation::MarkupContent(markdown(offer.text))),
            ..Default::default()
        });
        Ok(Some(lsp::CompletionResponse::Array(items.collect())))
    }
}

fn markdown(value: String) -> lsp::MarkupContent {
    lsp::MarkupContent {
        kind: lsp::MarkupKind::Markdown,
        value,
    }
}

/// Bytes if the editor can count them, since that is what the compiler does.
fn encoding(params: &lsp::InitializeParams) -> Encoding {
    let general = params.capabilities.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_ref());
    match offered {
        Some(offered) if offered.contains(&lsp::PositionEncodingKind::UTF8) => Encoding::Utf8,
        _ => Encoding::Utf16,
    }
}

/// The open folders; older editors know only a root.
fn folders(params: &lsp::InitializeParams) -> Vec<PathBuf> {
    let several = params.workspace_folders.iter().flatten();
    let mut folders: Vec<PathBuf> = several.filter_map(|each| path_of(&each.uri)).collect();
    if folders.is_empty() {
        #[allow(deprecated)]
        let root = params.root_uri.as_ref();
        folders.extend(root.and_then(path_of));
    }
    folders
}

fn capabilities(encoding: Encoding) -> lsp::ServerCapabilities {
    lsp::ServerCapabilities {
        position_encoding: Some(match encoding {
            Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
            Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(
            lsp::TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(lsp::TextDocumentSyncKind::FULL),
                save: Some(lsp::SaveOptions::default().into()),
                ..Default::default()
            }
            .into(),
        ),
        document_formatting_provider: Some(lsp::OneOf::Left(true)),
        hover_provider: Some(true.into()),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some(vec!["(".to_owned()]),
            ..Default::default()
        }),
        code_action_provider: Some(
            lsp::CodeActionOptions {
                code_action_kinds: Some(vec![lsp::CodeActionKind::QUICKFIX]),
                ..Default::default()
            }
            .into(),
        ),
        ..Default::default()
    }
}

/// The file that a document lies in; nothing for one that is not a file.
fn path_of(uri: &Url) -> Option<PathBuf> {
    uri.to_file_path().ok()
}

fn uri_of(publication: &Publication) -> Option<Url> {
    match &publication.uri {
        Some(uri) => Url::parse(uri).ok(),
        None => Url::from_file_path(&publication.path).ok(),
    }
}

fn position_from(position: lsp::Position) -> Position {
    Position {
        line: position.line,
        column: position.character,
    }
}

fn range(range: Range) -> lsp::Range {
    let position = |at: Position| lsp::Position::new(at.line, at.column);
    lsp::Range::new(position(range.start), position(range.end))
}

fn diagnostic(finding: &Finding) -> lsp::Diagnostic {
    let related = finding.related.iter().filter_map(|each| {
        Some(lsp::DiagnosticRelatedInformation {
            location: lsp::Location {
                uri: Url::from_file_path(&each.path).ok()?,
                range: range(each.range),
            },
            message: each.message.clone(),
        })
    });
    let related: Vec<_> = related.collect();
    lsp::Diagnostic {
        range: range(finding.range),
        severity: Some(match finding.severity {
            Severity::Error => lsp::DiagnosticSeverity::ERROR,
            Severity::Warning => lsp::DiagnosticSeverity::WARNING,
            Severity::Advice => lsp::DiagnosticSeverity::INFORMATION,
        }),
        code: Some(lsp::NumberOrString::String(finding.code.id().to_owned())),
        source: Some("wfc".to_owned()),
        message: finding.message.clone(),
        related_information: (!related.is_empty()).then_some(related),
        ..Default::default()
    }
}

/// The repair of a finding in the document `uri`, if it has one.
fn action(finding: &Finding, uri: &Url) -> Option<lsp::CodeActionOrCommand> {
    let Repair { title, safe, edits } = finding.repair.as_ref()?;
    let here = path_of(uri)?;
    let mut changes: HashMap<Url, Vec<lsp::TextEdit>> = HashMap::new();
    for edit in edits {
        // The document keeps the name that the editor gave it.
        let file = match edit.path == here {
            true => uri.clone(),
            false => Url::from_file_path(&edit.path).ok()?,
        };
        let edit = lsp::TextEdit::new(range(edit.range), edit.text.clone());
        changes.entry(file).or_default().push(edit);
    }
    let action = lsp::CodeAction {
        title: title.clone(),
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic(finding)]),
        edit: Some(lsp::WorkspaceEdit::new(changes)),
        is_preferred: Some(*safe),
        ..Default::default()
    };
    Some(action.into())
}

/// The page of a finding's code up to its examples.
fn page(finding: &Finding) -> String {
    let page = explain(finding.code);
    let prose = page.split("\n```").next().unwrap_or(page);
    let prose = prose.trim_start_matches('#').trim();
    let (title, rest) = prose.split_once('\n').unwrap_or((prose, ""));
    let id = finding.code.id();
    format!("**{title}**\n{rest}\n\n`wfc explain {id}` shows examples.")
}
