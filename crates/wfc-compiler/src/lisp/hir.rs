//! The checked program: names resolved, every expression typed, effects known.

use std::collections::BTreeSet;
use std::rc::Rc;

use wfc_diag::Span;
use wfc_ir::{
    Capture, Guidance, InjectMode, Ledger, Limits, Prim, PromptPosition, ReplayClass, Retries,
    RunField, StepField, Value,
};

use super::defs::Name;
use super::generics::TypeParam;
use super::modules::ModuleId;
use super::types::Ty;

/// Index of a variable; unique in the program.
pub(super) type VarId = usize;

/// Index of a workflow or procedure.
pub(super) type CallableId = usize;

/// A variable.
#[derive(Debug)]
pub(super) struct Var {
    pub(super) name: Name,
    pub(super) ty: Ty,
    /// How often it is read.
    pub(super) uses: u32,
    /// Is it bound to what an agent answers?
    pub(super) is_answer: bool,
    /// Is it a procedure inside of another?
    pub(super) is_local_proc: bool,
    /// The type of the path of the file of that answer, if somebody asks for
    /// it.
    pub(super) bundle: Option<Ty>,
}

/// A workflow or procedure.
#[derive(Debug)]
pub(super) struct Callable {
    pub(super) name: Name,
    pub(super) module: ModuleId,
    pub(super) is_workflow: bool,
    /// Which program from elsewhere it is, if it is one.
    pub(super) linked: Option<usize>,
    /// The type parameters of a generic procedure, which is not lowered
    /// itself.
    pub(super) type_params: Vec<TypeParam>,
    pub(super) params: Vec<Param>,
    pub(super) ret: Ty,
    /// Where the result type is written.
    pub(super) ret_span: Span,
    /// Of the text of a prompt: what an agent gives that is asked by it.
    pub(super) prompt_ret: Option<Ty>,
    /// The body; an error expression until it is checked.
    pub(super) body: Expr,
    /// Does it run or loop something? Known once all bodies are checked; what
    /// it is given may do so in any case.
    pub(super) works: bool,
    /// What it does itself, and through the procedures that it calls.
    pub(super) effects: BTreeSet<Effect>,
    pub(super) settings: Settings,
    /// Whom it calls, and where.
    pub(super) calls: Vec<(CallableId, Span)>,
}

/// A parameter.
#[derive(Debug)]
pub(super) struct Param {
    pub(super) name: Name,
    pub(super) var: VarId,
    pub(super) ty: Ty,
    pub(super) default: Option<Value>,
    pub(super) description: Option<String>,
}

/// One entry of an effect row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Effect {
    /// `uses-provider`, `uses-command` or `calls-workflow`.
    pub(super) kind: &'static str,
    /// The name of what is used.
    pub(super) subject: String,
    /// The parameter that holds it, if it is no fixed name.
    pub(super) var: Option<VarId>,
}

/// An expression.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) kind: ExprKind,
    pub(super) ty: Ty,
    pub(super) span: Span,
}

/// The forms of an expression.
#[derive(Debug)]
pub(super) enum ExprKind {
    /// It was reported.
    Error,
    Lit(Value),
    Var(VarId),
    Get(Box<Expr>, String),
    /// A record, its fields in the order in which they are evaluated.
    Record(Vec<(String, Expr)>),
    Variant(String, Vec<(String, Expr)>),
    /// A record or variant with some fields replaced.
    Update(Box<Expr>, Vec<(String, Expr)>),
    List(Vec<Expr>),
    /// A text of parts, each shown as in a template.
    Text(Vec<Expr>),
    /// What an expression gives for each item of a list; it runs nothing.
    Map(Box<Expr>, VarId, Box<Expr>),
    Each(Box<Each>),
    Let(Vec<(VarId, Expr)>, Box<Expr>),
    Do(Vec<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Match(Box<Match>),
    Prim(Prim, Vec<Expr>),
    /// A name of a provider or prompt, to be looked up in the project.
    Extern(Extern, String),
    Call(CallableId, Vec<(usize, Expr)>),
    /// A reference to a workflow or procedure.
    Ref(CallableId),
    /// A reference some of whose remaining parameters are bound.
    Bind(Box<Expr>, Vec<(usize, Expr)>),
    /// A call of what a variable refers to; and the keywords that are written,
    /// and where.
    Apply(VarId, Vec<(usize, Expr)>, Vec<(String, Span)>),
    /// A local procedure, and what it is for.
    LetProc(Rc<LocalProc>, Box<Expr>),
    Loop(Box<Loop>),
    Until(Box<Until>),
    Continue(Box<Expr>),
    Done(Box<Expr>),
    Provider(Box<Provider>),
    /// The path of the file of the answer that a variable holds.
    BundlePath(VarId),
    Command(Box<Command>),
    Assert(Box<Expr>),
    Wait(Box<Wait>),
    View(Box<View>),
    /// Values that are kept under names.
    Materialize(Vec<Material>),
    /// The body of a workflow, and what runs when it has ended.
    Finally(Box<Expr>, Vec<Expr>),
    /// A step, and when it runs and what it has to do with the ledger.
    Step(Box<Step>),
    /// Something that is no value of an expression.
    Fact(Fact),
    /// A part of what the step left behind that a variable is bound to.
    Left(VarId, StepField),
    /// Does a file match the pattern?
    Exists(Box<Expr>),
    /// A value inside of one that has no type.
    Inside(Box<Expr>, Vec<String>),
}

/// What is known where an expression stands.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    Context(String),
    Run(RunField),
    /// The newest version of an artifact.
    Newest(String),
    /// The version of an artifact that the step at hand consumes.
    Consumed(String),
    /// The iteration of the innermost loop.
    LoopIndex,
    /// How many iterations it has at most.
    LoopTotal,
}

/// A step that says more than what it does.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) body: Expr,
    pub(super) when: Option<Expr>,
    pub(super) max_visits: Option<u64>,
    pub(super) consumes: Vec<Consume>,
    /// A file that shows what is consumed, and which of it.
    pub(super) bundle: Option<(Expr, Option<Vec<String>>)>,
    /// The artifact, and the field that becomes its new version.
    pub(super) publishes: Vec<(String, String)>,
}

/// A need for an artifact.
#[derive(Debug)]
pub(super) struct Consume {
    pub(super) artifact: String,
    /// The variables of the steps whose versions count.
    pub(super) producers: Vec<VarId>,
    pub(super) fresh: bool,
}

/// A value that is kept under a name.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) name: String,
    pub(super) ty: Ty,
    /// The value; nothing for the time.
    pub(super) value: Option<Expr>,
    pub(super) pointer: Option<Expr>,
    pub(super) ensure_parent: bool,
}

/// What a workflow says of itself besides what it does.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) strict: bool,
    pub(super) max_transitions: Option<u64>,
    pub(super) context: Vec<(String, String)>,
    /// The artifacts of its ledger.
    pub(super) artifacts: Vec<ArtifactDef>,
    pub(super) ledger: Ledger,
}

/// An artifact of a ledger.
#[derive(Debug)]
pub(super) struct ArtifactDef {
    pub(super) name: String,
    pub(super) ty: Ty,
    pub(super) pointer: Option<String>,
}

/// What may be said of any process.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) timeout_sec: Option<f64>,
    pub(super) limits: Limits,
    pub(super) retries: Option<Retries>,
    pub(super) replay: Option<ReplayClass>,
    pub(super) env: Vec<(String, Expr)>,
    pub(super) secrets: Vec<String>,
    pub(super) capture: Capture,
    pub(super) output_file: Option<Expr>,
    pub(super) persist: bool,
    pub(super) depends: Option<Depends>,
    /// The files that it must write, each with one value.
    pub(super) files: Vec<File>,
}

impl Default for Policy {
    /// What holds of a process of which nothing is said.
    fn default() -> Self {
        Policy {
            timeout_sec: None,
            limits: Limits::default(),
            retries: None,
            replay: None,
            env: Vec::new(),
            secrets: Vec::new(),
            capture: Capture::default(),
            output_file: None,
            persist: true,
            depends: None,
            files: Vec::new(),
        }
    }
}

/// A file with one value.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) path: Expr,
    pub(super) ty: Ty,
    pub(super) required: bool,
    pub(super) guidance: Guidance,
}

/// A value that a prompt shows.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) value: Expr,
    pub(super) guidance: Guidance,
}

impl ExprKind {
    /// Does the form itself loop or run something?
    pub(super) fn is_work(&self) -> bool {
        matches!(
            self,
            ExprKind::Loop(_)
                | ExprKind::Until(_)
                | ExprKind::Each(_)
                | ExprKind::Provider(_)
                | ExprKind::Command(_)
                | ExprKind::Assert(_)
                | ExprKind::Wait(_)
                | ExprKind::View(_)
                | ExprKind::Materialize(_)
                | ExprKind::Step(_)
                | ExprKind::Finally(..)
        )
    }
}

/// Waits for files.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) glob: Expr,
    pub(super) timeout_sec: f64,
    pub(super) poll_ms: u64,
    pub(super) min_count: u64,
}

/// Writes a file that people read.
#[derive(Debug)]
pub(super) struct View {
    pub(super) name: String,
    pub(super) value: Expr,
    pub(super) target: Expr,
    pub(super) renderer: String,
}

/// The files that an agent works from.
#[derive(Debug)]
pub(super) struct Depends {
    pub(super) required: Vec<Expr>,
    pub(super) optional: Vec<Expr>,
    pub(super) position: PromptPosition,
    pub(super) mode: InjectMode,
    pub(super) instruction: Option<String>,
    /// Is an agent told of them?
    pub(super) shown: bool,
}

/// A procedure inside of another.
#[derive(Debug)]
pub(super) struct LocalProc {
    /// The variable that refers to it.
    pub(super) var: VarId,
    pub(super) module: ModuleId,
    pub(super) params: Vec<VarId>,
    pub(super) body: Expr,
}

/// What an external name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extern {
    Provider,
    Prompt,
}

/// A choice by what a value looks like.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) subject: Expr,
    /// The path of the subject, when it is a name: `review.decision`.
    pub(super) path: Option<String>,
    /// In order; together they take every value.
    pub(super) arms: Vec<Arm>,
}

/// One arm.
#[derive(Debug)]
pub(super) struct Arm {
    pub(super) pattern: Pat,
    /// Where the pattern is written.
    pub(super) span: Span,
    pub(super) guard: Option<Expr>,
    pub(super) body: Expr,
}

/// What a value must look like.
#[derive(Clone, Debug)]
pub(super) enum Pat {
    /// It was reported.
    Error,
    Any,
    /// The value, by this name.
    Bind(VarId, Box<Pat>),
    /// What was meant by something that was reported.
    Meant(Box<Pat>),
    /// A word of an enum, the name of a variant, a Bool, an Int or a text.
    Const(Value),
    /// A variant, and its fields.
    Case(String, Vec<(String, Pat)>),
    Some(Box<Pat>),
    None,
    Record(Vec<(String, Pat)>),
    Or(Vec<Pat>),
}

impl Pat {
    /// Does it take every value, whatever the type?
    pub(super) fn fits_all(&self) -> bool {
        match self {
            Pat::Any | Pat::Error => true,
            Pat::Bind(_, inner) | Pat::Meant(inner) => inner.fits_all(),
            Pat::Record(fields) => fields.iter().all(|(_, pat)| pat.fits_all()),
            Pat::Or(all) => all.iter().any(Pat::fits_all),
            Pat::Const(_) | Pat::Case(..) | Pat::Some(_) | Pat::None => false,
        }
    }

    /// Was some part of it reported?
    pub(super) fn is_wrong(&self) -> bool {
        match self {
            Pat::Error | Pat::Meant(_) => true,
            Pat::Bind(_, inner) | Pat::Some(inner) => inner.is_wrong(),
            Pat::Case(_, fields) | Pat::Record(fields) => {
                fields.iter().any(|(_, pat)| pat.is_wrong())
            }
            Pat::Or(all) => all.iter().any(Pat::is_wrong),
            Pat::Any | Pat::Const(_) | Pat::None => false,
        }
    }

    /// Is it clear all the same which values it is to take?
    pub(super) fn is_meant(&self) -> bool {
        match self {
            Pat::Error => false,
            Pat::Or(all) => all.iter().all(Pat::is_meant),
            Pat::Bind(_, inner) => inner.is_meant(),
            _ => true,
        }
    }

    /// The names that it gives.
    pub(super) fn each_name(&self, visit: &mut dyn FnMut(VarId)) {
        match self {
            Pat::Bind(var, inner) => {
                visit(*var);
                inner.each_name(visit);
            }
            Pat::Meant(inner) | Pat::Some(inner) => inner.each_name(visit),
            Pat::Case(_, fields) | Pat::Record(fields) => {
                fields.iter().for_each(|(_, pat)| pat.each_name(visit));
            }
            Pat::Or(all) => all.iter().for_each(|pat| pat.each_name(visit)),
            Pat::Error | Pat::Any | Pat::Const(_) | Pat::None => {}
        }
    }
}

/// A bounded loop.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) max: Expr,
    pub(super) init: Expr,
    pub(super) state: VarId,
    pub(super) body: Expr,
    pub(super) exhausted: Option<Expr>,
    pub(super) state_ty: Ty,
    pub(super) result_ty: Ty,
}

/// A bounded loop without a state: the body runs until a condition on its
/// value holds.
#[derive(Debug)]
pub(super) struct Until {
    pub(super) max: Expr,
    pub(super) body: Expr,
    /// What the condition calls the value of the body.
    pub(super) out: VarId,
    pub(super) test: Expr,
    /// What the loop gives when it comes to its bound.
    pub(super) exhausted: Option<Expr>,
}

/// Work for each item of a list, in order.
#[derive(Debug)]
pub(super) struct Each {
    pub(super) list: Expr,
    pub(super) item: VarId,
    /// How many items there may be.
    pub(super) max: Option<Expr>,
    pub(super) body: Expr,
    /// Whether the values are kept, as a list.
    pub(super) collect: bool,
    /// Does a step that fails let what follows run?
    pub(super) lenient: bool,
}

/// Work for an agent.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) provider: Expr,
    /// Nothing when it is told nothing but what follows from the rest.
    pub(super) prompt: Option<Expr>,
    pub(super) inputs: Vec<Shown>,
    /// Files that stand before the prompt, from the folder of the module.
    pub(super) assets: Vec<String>,
    /// Where the inputs stand.
    pub(super) position: PromptPosition,
    /// Is the contract told at the end?
    pub(super) tells_contract: bool,
    /// Parameters of the provider, by name.
    pub(super) params: Vec<(String, Expr)>,
    /// Does it give a result?
    pub(super) answers: bool,
    pub(super) bundle: Option<Expr>,
    pub(super) policy: Policy,
}

/// A command to run.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) name: String,
    pub(super) argv: Vec<Expr>,
    /// Does it write a result? Else only its exit code counts.
    pub(super) answers: bool,
    pub(super) bundle: Option<Expr>,
    pub(super) policy: Policy,
}

impl Policy {
    /// The expressions in it.
    fn each<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        self.env.iter().for_each(|(_, value)| visit(value));
        self.output_file.iter().for_each(&mut *visit);
        if let Some(depends) = &self.depends {
            depends.required.iter().for_each(&mut *visit);
            depends.optional.iter().for_each(&mut *visit);
        }
        self.files.iter().for_each(|file| visit(&file.path));
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            strict: true,
            max_transitions: None,
            context: Vec::new(),
            artifacts: Vec::new(),
            ledger: Ledger::default(),
        }
    }
}

impl Callable {
    /// Is one of its parameters a reference?
    pub(super) fn takes_reference(&self) -> bool {
        self.params
            .iter()
            .any(|param| matches!(param.ty, Ty::Ref(_)))
    }
}

impl Expr {
    /// An expression that was reported.
    pub(super) fn error(span: Span) -> Self {
        Expr {
            kind: ExprKind::Error,
            ty: Ty::Error,
            span,
        }
    }

    /// Does the expression call, loop or run something?
    pub(super) fn does_work(&self) -> bool {
        let calls = matches!(self.kind, ExprKind::Call(..) | ExprKind::Apply(..));
        let mut found = calls || self.kind.is_work();
        self.each_child(&mut |child| found = found || child.does_work());
        found
    }

    /// Calls `visit` on the expressions directly inside this one.
    pub(super) fn each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match &self.kind {
            ExprKind::Error
            | ExprKind::Lit(_)
            | ExprKind::Var(_)
            | ExprKind::Extern(..)
            | ExprKind::Fact(_)
            | ExprKind::Left(..)
            | ExprKind::BundlePath(_) => {}
            ExprKind::Exists(inner) | ExprKind::Inside(inner, _) => visit(inner),
            ExprKind::Materialize(values) => {
                for each in values {
                    each.value.iter().for_each(&mut *visit);
                    each.pointer.iter().for_each(&mut *visit);
                }
            }
            ExprKind::Step(each) => {
                visit(&each.body);
                each.when.iter().for_each(&mut *visit);
                each.bundle.iter().for_each(|(path, _)| visit(path));
            }
            ExprKind::Get(base, _) => visit(base),
            ExprKind::Continue(value) | ExprKind::Done(value) => visit(value),
            ExprKind::Record(fields) | ExprKind::Variant(_, fields) => {
                fields.iter().for_each(|(_, value)| visit(value));
            }
            ExprKind::Update(base, fields) => {
                visit(base);
                fields.iter().for_each(|(_, value)| visit(value));
            }
            ExprKind::List(items) | ExprKind::Text(items) | ExprKind::Prim(_, items) => {
                items.iter().for_each(visit);
            }
            ExprKind::Map(list, _, body) => {
                visit(list);
                visit(body);
            }
            ExprKind::Each(each) => {
                visit(&each.list);
                each.max.iter().for_each(&mut *visit);
                visit(&each.body);
            }
            ExprKind::Let(bound, body) => {
                bound.iter().for_each(|(_, value)| visit(value));
                visit(body);
            }
            ExprKind::Do(steps, result) => {
                steps.iter().for_each(&mut *visit);
                visit(result);
            }
            ExprKind::If(cond, then, otherwise) => {
                visit(cond);
                visit(then);
                visit(otherwise);
            }
            ExprKind::Match(each) => {
                visit(&each.subject);
                for arm in &each.arms {
                    arm.guard.iter().for_each(&mut *visit);
                    visit(&arm.body);
                }
            }
            ExprKind::Call(_, args) | ExprKind::Apply(_, args, _) => {
                args.iter().for_each(|(_, value)| visit(value));
            }
            ExprKind::Ref(_) => {}
            ExprKind::Bind(base, args) => {
                visit(base);
                args.iter().for_each(|(_, value)| visit(value));
            }
            ExprKind::LetProc(local, rest) => {
                visit(&local.body);
                visit(rest);
            }
            ExprKind::Loop(each) => {
                visit(&each.max);
                visit(&each.init);
                visit(&each.body);
                each.exhausted.iter().for_each(visit);
            }
            ExprKind::Until(each) => {
                visit(&each.max);
                visit(&each.body);
                visit(&each.test);
                each.exhausted.iter().for_each(visit);
            }
            ExprKind::Provider(each) => {
                visit(&each.provider);
                each.prompt.iter().for_each(&mut *visit);
                each.inputs.iter().for_each(|input| visit(&input.value));
                each.params.iter().for_each(|(_, value)| visit(value));
                each.policy.each(visit);
                each.bundle.iter().for_each(visit);
            }
            ExprKind::Assert(cond) => visit(cond),
            ExprKind::Wait(each) => visit(&each.glob),
            ExprKind::View(each) => {
                visit(&each.value);
                visit(&each.target);
            }
            ExprKind::Finally(body, cleanup) => {
                visit(body);
                cleanup.iter().for_each(visit);
            }
            ExprKind::Command(each) => {
                each.argv.iter().for_each(&mut *visit);
                each.policy.each(visit);
                each.bundle.iter().for_each(visit);
            }
        }
    }
}
