//! What agents have beyond a prompt: sessions, candidates that are judged,
//! managed jobs.

use wfc_diag::Span;
use wfc_ir::{Backend, Protocol, SessionMetadata};
use wfc_syntax::yaml::{Entry, Kind, Node};

use super::{Fields, Reader};
use crate::yaml::hir::{
    Candidate, Evaluator, Exec, Judged, Managed, Name, PromptSource, ProviderArg, Routes, Session,
    SessionDef, SessionMode, Spanned, Who,
};
use crate::yaml::messages;

/// How many bytes one piece of evidence may have, and all of it.
const EVIDENCE_LIMITS: (u64, u64) = (262_144, 1_048_576);

/// What the candidates of a step have in common, so that none has its own.
const OF_ALL_CANDIDATES: &[&str] = &[
    "consumes",
    "depends_on",
    "publishes",
    "expected_outputs",
    "output_bundle",
    "variant_output",
    "output_file",
];

/// How often `${SESSION_ID}` may stand in a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionHole {
    Never,
    Once,
}

impl Reader<'_> {
    /// The `output` of a provider template.
    pub(super) fn protocol(&mut self, fields: &Fields<'_>) -> Protocol {
        self.gate_keys(fields, &["output"]);
        fields
            .get("output")
            .and_then(|node| self.word(node, "`output`", &Protocol::ALL))
            .unwrap_or_default()
    }

    /// The `session_support` of a provider template.
    pub(super) fn session_support(
        &mut self,
        fields: &Fields<'_>,
        input: wfc_ir::InputMode,
    ) -> Option<SessionDef> {
        const KEYS: &[&str] = &["metadata_mode", "fresh_command", "resume_command"];
        self.gate_keys(fields, &["session_support"]);
        let node = fields.get("session_support")?;
        let Some(fields) = self.fields(node, "`session_support`", KEYS) else {
            return Some(SessionDef::default());
        };
        let mut read = SessionDef::default();
        if let Some(node) = self.required(&fields, "metadata_mode") {
            self.word(node, "`metadata_mode`", &SessionMetadata::ALL);
        }
        if let Some(node) = self.required(&fields, "fresh_command") {
            read.fresh = self.template_command(node, input, "`fresh_command`", SessionHole::Never);
        }
        read.resume = fields
            .get("resume_command")
            .map(|node| self.template_command(node, input, "`resume_command`", SessionHole::Once));
        Some(read)
    }

    /// Checks how often the id of a session is asked for.
    pub(super) fn session_holes(&mut self, node: &Node, args: &[ProviderArg], may: SessionHole) {
        let mut holes = args
            .iter()
            .flat_map(|arg| &arg.holes)
            .filter(|hole| hole.value == "SESSION_ID");
        let first = holes.next();
        match (may, first) {
            (SessionHole::Never, Some(first)) => {
                for hole in std::iter::once(first).chain(holes) {
                    self.report(messages::session_id_misplaced(hole.span));
                }
            }
            (SessionHole::Once, None) if !args.is_empty() => {
                let head = self.head(node.place());
                self.report(messages::session_id_missing(head));
            }
            (SessionHole::Once, Some(first)) => {
                for hole in holes {
                    self.report(messages::session_id_again(hole.span, first.span));
                }
            }
            (SessionHole::Never | SessionHole::Once, None) => {}
        }
    }

    /// The `provider_session` of a step.
    pub(super) fn session(&mut self, step: &Fields<'_>) -> Option<Session> {
        const KEYS: &[&str] = &["mode", "publish_artifact", "session_id_from"];
        const MODES: [(&str, bool); 2] = [("fresh", true), ("resume", false)];
        let entry = step.entry("provider_session")?;
        let key = (entry.key.span, "provider_session");
        if let Some(retries) = step.key("retries") {
            self.report(messages::no_retries(retries, key));
        }
        let fields = self.fields(&entry.value, "`provider_session`", KEYS)?;
        let fresh = self
            .required(&fields, "mode")
            .and_then(|node| self.word(node, "`mode`", &MODES))?;
        let (own, other, word) = match fresh {
            true => ("publish_artifact", "session_id_from", "mode: fresh"),
            false => ("session_id_from", "publish_artifact", "mode: resume"),
        };
        if let Some(span) = fields.key(other) {
            let mode = fields.key("mode").unwrap_or(fields.span);
            self.report(messages::key_conflict((mode, word), (span, other)));
        }
        if fresh && let Some(node) = step.get("persist_artifacts_in_state") {
            let kind = node.as_scalar().map(|scalar| scalar.kind);
            let lost = matches!(kind, Some(Kind::Bool(false)));
            if let (true, Some(span)) = (lost, step.key("persist_artifacts_in_state")) {
                let second = (span, "persist_artifacts_in_state: false");
                self.report(messages::key_conflict((key.0, "mode: fresh"), second));
            }
        }
        let artifact = self
            .required(&fields, own)
            .and_then(|node| self.name(node, &format!("`{own}`")))?;
        Some(Session {
            span: entry.key.span,
            mode: match fresh {
                true => SessionMode::Fresh(artifact),
                false => SessionMode::Resume(artifact),
            },
        })
    }

    /// The `managed_jobs` of a step, and where the step leads.
    pub(super) fn managed(&mut self, step: &Fields<'_>) -> Option<(Option<Managed>, Routes)> {
        const KEYS: &[&str] = &["policy", "watch_roots", "backend", "poll_budget_sec", "on"];
        let entry = step.entry("managed_jobs")?;
        let key = (entry.key.span, "managed_jobs");
        if let Some(retries) = step.key("retries") {
            self.report(messages::no_retries(retries, key));
        }
        if let Some(on) = step.key("on") {
            self.report(messages::two_routes(on, key.0));
        }
        let fields = self.fields(&entry.value, "`managed_jobs`", KEYS)?;
        let policy = self
            .required(&fields, "policy")
            .and_then(|node| self.fixed_path(node, "`policy`"));
        let watch_roots = self
            .required(&fields, "watch_roots")
            .map(|node| self.fixed_paths(node, "`watch_roots`", "a directory"))
            .unwrap_or_default();
        let backend = fields
            .get("backend")
            .and_then(|node| self.word(node, "`backend`", &Backend::ALL));
        let budget = self
            .required(&fields, "poll_budget_sec")
            .and_then(|node| self.count(node, "`poll_budget_sec`", 1));
        self.fits_timeout(budget.as_ref(), step);
        let routes = self.managed_routes(&fields);
        let managed = policy.map(|policy| Managed {
            policy,
            watch_roots,
            backend: backend.unwrap_or_default(),
            poll_budget_sec: budget.map_or(1, |budget| budget.value),
        });
        Some((managed, routes))
    }

    fn fits_timeout(&mut self, budget: Option<&Spanned<u64>>, step: &Fields<'_>) {
        let (Some(budget), Some(node)) = (budget, step.get("timeout_sec")) else {
            return;
        };
        let limit: Option<f64> = node.as_scalar().and_then(|scalar| scalar.text.parse().ok());
        #[expect(clippy::cast_precision_loss, reason = "limits end far below 2^53")]
        let over = limit.is_some_and(|limit| budget.value as f64 > limit);
        if over {
            self.report(messages::budget_over_timeout(budget.span, node.place()));
        }
    }

    fn managed_routes(&mut self, fields: &Fields<'_>) -> Routes {
        const EVENTS: &[&str] = &["complete", "failed", "invalid", "outstanding"];
        let Some(on) = self
            .required(fields, "on")
            .and_then(|node| self.fields(node, "`on` of `managed_jobs`", EVENTS))
        else {
            return Routes::default();
        };
        if let Some(node) = self.required(&on, "outstanding") {
            self.word(node, "`outstanding`", &[("fail_resumable", ())]);
        }
        let mut target = |event: &str| {
            let node = self.required(&on, event)?;
            self.name(node, &format!("`{event}`"))
        };
        Routes {
            success: target("complete"),
            failure: target("failed"),
            always: None,
            invalid: target("invalid"),
        }
    }

    /// A path that is known when the workflow is compiled.
    pub(super) fn fixed_path(&mut self, node: &Node, what: &str) -> Option<Name> {
        let text = self.path(node, what)?;
        match text.as_literal() {
            Some(path) => Some(Spanned::new(path.to_owned(), text.span)),
            None => {
                let hole = text.holes().next().map_or(text.span, |hole| hole.span);
                self.report(messages::not_fixed(hole, what));
                None
            }
        }
    }

    /// A list of such paths that is not empty.
    pub(super) fn fixed_paths(&mut self, node: &Node, what: &str, item: &str) -> Vec<String> {
        let Some(items) = self.texts(node, what) else {
            return Vec::new();
        };
        if items.is_empty() {
            self.report(messages::empty(node.place(), what, item));
        }
        let item = format!("an item of {what}");
        let paths = items.iter().filter_map(|node| self.fixed_path(node, &item));
        paths.map(|path| path.value).collect()
    }

    /// A step with `adjudicated_provider`.
    pub(super) fn adjudicated(&mut self, entry: &Entry, step: &Fields<'_>) -> Option<Exec> {
        const KEYS: &[&str] = &["candidates", "evaluator", "selection", "score_ledger_path"];
        let node = &entry.value;
        let fields = self.fields(node, "`adjudicated_provider`", KEYS);
        let contracts = ["expected_outputs", "output_bundle", "variant_output"];
        if contracts.iter().all(|key| step.get(key).is_none()) && !self.broken {
            self.report(messages::no_contract_to_judge(entry.key.span));
        }
        let judged = fields.map(|fields| self.judged(&fields));
        let prompted = step.get("input_file").is_some() || step.get("asset_file").is_some();
        if let Some(judged) = &judged {
            let missing: Vec<Span> = judged
                .candidates
                .iter()
                .filter(|candidate| matches!(candidate.prompt, PromptSource::None))
                .map(|candidate| candidate.span)
                .collect();
            if !prompted && !missing.is_empty() && !self.broken {
                self.report(messages::candidates_without_prompt(
                    entry.key.span,
                    &missing,
                ));
            }
        }
        let who = judged.map(|judged| Who::Judged(Box::new(judged)));
        self.task(who, step)
    }

    fn judged(&mut self, fields: &Fields<'_>) -> Judged {
        let candidates = match self.required(fields, "candidates") {
            Some(node) => self.candidates(node),
            None => Vec::new(),
        };
        let evaluator = self
            .required(fields, "evaluator")
            .and_then(|node| self.evaluator(node));
        let score_single = fields
            .get("selection")
            .and_then(|node| self.selection(node));
        let ledger = fields
            .get("score_ledger_path")
            .and_then(|node| self.path(node, "`score_ledger_path`"));
        Judged {
            candidates,
            evaluator,
            score_single: score_single.unwrap_or(false),
            ledger,
        }
    }

    fn candidates(&mut self, node: &Node) -> Vec<Candidate> {
        let Some(items) = self.list(node, "`candidates`") else {
            return Vec::new();
        };
        if items.is_empty() {
            let what = "`candidates`";
            self.report(messages::empty(node.place(), what, "a candidate"));
        }
        let all: Vec<Candidate> = items
            .iter()
            .filter_map(|item| self.candidate(item))
            .collect();
        self.unique(all.iter().map(|candidate| &candidate.id), "candidates");
        all
    }

    fn candidate(&mut self, node: &Node) -> Option<Candidate> {
        const KEYS: &[&str] = &[
            "id",
            "provider",
            "provider_params",
            "input_file",
            "asset_file",
        ];
        let mapping = self.mapping(node, "an adjudicated candidate")?;
        let mut fields = Fields::new(node, mapping, "an adjudicated candidate");
        self.strict_but(&mut fields, KEYS, OF_ALL_CANDIDATES);
        for entry in mapping {
            let key = entry.key.text.as_str();
            if OF_ALL_CANDIDATES.contains(&key) {
                self.report(messages::of_all_candidates(entry.key.span, key));
            }
        }
        let id = self.required(&fields, "id").and_then(|node| self.id(node));
        let provider = self.judged_provider(&fields);
        let params = match fields.get("provider_params") {
            Some(node) => self.params(node, "`provider_params`"),
            None => Vec::new(),
        };
        let prompt = self.prompt(&fields, "input_file", "asset_file");
        let span = self.head(fields.span);
        Some(Candidate {
            span,
            id: id?,
            provider: provider?,
            params,
            prompt,
        })
    }

    /// A provider that is known when the workflow is compiled.
    fn judged_provider(&mut self, fields: &Fields<'_>) -> Option<Name> {
        let node = self.required(fields, "provider")?;
        let text = self.template(node, "`provider`")?;
        let name = self.name(node, "`provider`")?;
        match text.holes().next() {
            None => Some(name),
            Some(hole) => {
                self.report(messages::not_fixed(hole.span, "`provider`"));
                None
            }
        }
    }

    fn evaluator(&mut self, node: &Node) -> Option<Evaluator> {
        const KEYS: &[&str] = &[
            "provider",
            "provider_params",
            "input_file",
            "asset_file",
            "rubric_input_file",
            "rubric_asset_file",
            "evidence_confidentiality",
            "evidence_limits",
        ];
        let fields = self.fields(node, "an evaluator", KEYS)?;
        let provider = self.judged_provider(&fields);
        let params = match fields.get("provider_params") {
            Some(node) => self.params(node, "`provider_params`"),
            None => Vec::new(),
        };
        let prompt = self.prompt(&fields, "input_file", "asset_file");
        let asked = fields.get("input_file").is_some() || fields.get("asset_file").is_some();
        if !asked && !self.broken {
            let head = self.head(fields.span);
            self.report(messages::evaluator_without_prompt(head));
        }
        let rubric = self.prompt(&fields, "rubric_input_file", "rubric_asset_file");
        if let Some(node) = self.required(&fields, "evidence_confidentiality") {
            let words = [("same_trust_boundary", ())];
            self.word(node, "`evidence_confidentiality`", &words);
        }
        let limits = fields
            .get("evidence_limits")
            .and_then(|node| self.evidence_limits(node));
        Some(Evaluator {
            provider: provider?,
            params,
            prompt,
            rubric,
            limits: limits.unwrap_or(EVIDENCE_LIMITS),
        })
    }

    fn evidence_limits(&mut self, node: &Node) -> Option<(u64, u64)> {
        const ITEM: &str = "max_item_bytes";
        const PACKET: &str = "max_packet_bytes";
        let fields = self.fields(node, "`evidence_limits`", &[ITEM, PACKET])?;
        let mut limit = |key: &str| {
            let node = fields.get(key)?;
            self.count(node, &format!("`{key}`"), 1)
        };
        let (item, packet) = (limit(ITEM), limit(PACKET));
        let bytes =
            |given: &Option<Spanned<u64>>, usual| given.as_ref().map_or(usual, |limit| limit.value);
        let found = (
            bytes(&item, EVIDENCE_LIMITS.0),
            bytes(&packet, EVIDENCE_LIMITS.1),
        );
        if found.1 < found.0 {
            let place = packet.or(item).map_or(fields.span, |limit| limit.span);
            self.report(messages::packet_below_item(place, found.0, found.1));
        }
        Some(found)
    }

    fn selection(&mut self, node: &Node) -> Option<bool> {
        const SINGLE: &str = "require_score_for_single_candidate";
        let fields = self.fields(node, "`selection`", &["tie_break", SINGLE])?;
        if let Some(node) = fields.get("tie_break") {
            self.word(node, "`tie_break`", &[("candidate_order", ())]);
        }
        let node = fields.get(SINGLE)?;
        self.bool(node, &format!("`{SINGLE}`"))
    }
}
