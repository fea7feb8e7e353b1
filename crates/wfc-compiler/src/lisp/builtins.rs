//! The forms and operators of the language, described for people.

use super::check::{FORMS, OPERATORS, is_form};
use super::defs;

/// A form or an operator, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormDoc {
    /// What it begins with.
    pub name: &'static str,
    /// How it is written.
    pub shape: String,
    /// What it is, in one sentence.
    pub about: &'static str,
}

/// Every form and operator.
pub fn builtins() -> impl Iterator<Item = FormDoc> {
    let definitions = defs::FORMS.iter().chain(FORMS);
    let forms = definitions.map(|name| {
        let (_, shape, about) = ALL.iter().find(|(known, ..)| known == name)?;
        Some(FormDoc {
            name,
            shape: (*shape).to_owned(),
            about,
        })
    });
    let operators = OPERATORS.iter().map(|each| {
        Some(FormDoc {
            name: each.name,
            shape: each.shown(),
            about: "An operator: it computes a value, and runs nothing.",
        })
    });
    forms.chain(operators).flatten()
}

/// The form or operator of this name.
pub fn builtin(name: &str) -> Option<FormDoc> {
    let is_one = is_form(name) || defs::FORMS.contains(&name);
    builtins().find(|each| is_one && each.name == name)
}

/// Name, how it is written, what it is.
type Line = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const ALL: &[Line] = &[
    ("defenum", "(defenum Name first second …)", "Defines a type of words."),
    ("defpath", "(defpath Name :kind relpath :under \"folder\" :must-exist true)", "Defines a type of paths below a folder."),
    ("defrecord", "(defrecord Name (field Type) …)", "Defines a type of values with named fields."),
    ("defunion", "(defunion Name (FIRST (field Type) …) (SECOND) …)", "Defines a type of values that are one of several variants."),
    ("defschema", "(defschema Name (field Type) …)", "Defines fields that records include."),
    ("deftype", "(deftype Name Type)", "Gives a type another name."),
    ("defproc", "(defproc name ((param Type) …) -> Type body)", "Defines a procedure, which is written out where it is called."),
    ("defun", "(defun name ((param Type) …) -> Type body)", "Defines a procedure that runs nothing."),
    ("defworkflow", "(defworkflow name ((param Type :default value) …) -> Type body)", "Defines a workflow, which runs in a frame of its own."),
    ("defmacro", "(defmacro name (param …) template)", "Adds a form to the language."),
    ("defprompt", "(defprompt name ((slot Type) …) -> Type \"… {slot} …\")", "Defines the text that an agent is asked by, and what it returns."),
    ("defresource", "(defresource name :state-type Record :backing state-layout)", "Defines something with a state that a run changes."),
    ("deftransition", "(deftransition name …)", "Defines how a resource goes from one state to the next."),
    ("let*", "(let* ((name value) …) body)", "Names values, each of which sees those before it."),
    ("let", "(let ((name value) …) body)", "Names values, none of which sees the others."),
    ("do", "(do effect … result)", "Does one thing after the other, and gives the last value."),
    ("if", "(if condition then else)", "Gives one of two values, and runs only that one."),
    ("cond", "(cond (condition value) … (else value))", "Gives the value of the first condition that holds."),
    ("when", "(when condition body)", "Runs the body if the condition holds; else the value is `none`."),
    ("match", "(match value (PATTERN body) …)", "Chooses by what a value looks like; every value must be taken."),
    ("record", "(record Type :field value …)", "Makes a record."),
    ("record-update", "(record-update value :field new …)", "Gives the value with some fields replaced."),
    ("loop-state", "(loop-state (field Type value) …)", "Makes a record that needs no definition."),
    ("variant", "(variant Type TAG :field value …)", "Makes a value of one variant of a union."),
    ("list", "(list item …)", "Makes a list."),
    ("some", "(some value)", "Makes an optional value that is there."),
    ("text", "(text part …)", "Makes a text of parts, each shown as in a template."),
    ("map", "(map \"key\" value …)", "Makes a map of texts to values."),
    ("list/map", "(list/map ((x list)) value)", "Gives the list of a value for each item; it runs nothing."),
    ("list/filter", "(list/filter ((x list)) condition)", "Gives the items for which the condition holds."),
    ("list/map-effect", "(list/map-effect ((x list)) :max n body)", "Runs the body for each item, and gives the list of its values."),
    ("for-each", "(for-each ((x list)) :max n body)", "Runs the body for each item, and gives how many there were."),
    ("path/join-under", "(path/join-under Type \"rest\")", "Makes a path below the folder of a type."),
    ("path/exists?", "(path/exists? \"docs/*.md\")", "Asks whether a file matches; in conditions."),
    ("call", "(call workflow :param value …)", "Runs a workflow, and gives its result."),
    ("loop/recur", "(loop/recur :max n :state value :on-exhausted value (fn (state) body))", "Runs the body until it is `done`, with the state that `continue` gave."),
    ("loop/until", "(loop/until :max n :until (fn (value) condition) body)", "Runs the body until a condition on its value holds."),
    ("continue", "(continue state)", "Ends this round of `loop/recur`; the next begins with the state."),
    ("done", "(done value)", "Ends `loop/recur`, whose value it is."),
    ("provider-result", "(provider-result provider :prompt prompt :inputs (value …) :returns Type)", "Asks an agent."),
    ("command-result", "(command-result command :argv (\"program\" value …) :returns Type)", "Runs a command."),
    ("provider-bundle-path", "(provider-bundle-path answer :as Type)", "Gives the path of the file that an agent has answered with."),
    ("assert", "(assert condition)", "Fails the run unless the condition holds."),
    ("wait-for", "(wait-for \"inbox/*.md\" :timeout-sec 300 :min-count 1)", "Waits until files match, and gives them."),
    ("materialize-view", "(materialize-view name :value value :target path :returns Type)", "Writes a file for people, and gives its path."),
    ("materialize", "(materialize (name Type value) …)", "Keeps values under names, and gives a record of them."),
    ("as-step", "(as-step work :when condition :publishes ((artifact field)) …)", "Says more of the one step that the work makes."),
    ("finally", "(finally body cleanup …)", "The body of a workflow, and what runs when it has ended."),
    ("with-phase", "(with-phase context name body)", "Runs the body in a phase, whose targets have paths."),
    ("phase-target", "(phase-target name)", "Gives the path of a target of the phase."),
    ("proc-ref", "(proc-ref procedure)", "Refers to a procedure, to hand it to another."),
    ("workflow-ref", "(workflow-ref workflow)", "Refers to a workflow, to hand it to a procedure."),
    ("bind-proc", "(bind-proc reference :param value …)", "Binds some parameters of what a reference stands for."),
    ("let-proc", "(let-proc (name ((param Type) …) -> Type body) rest)", "Defines a procedure inside of another."),
    ("the", "(the Type value)", "Gives a value where this type is asked for."),
    ("produce-one-of", "(produce-one-of …)", "Has one of several results produced, and says which."),
    ("resume-or-start", "(resume-or-start …)", "Takes up a result that is there already, or makes it."),
    ("resource-transition", "(resource-transition …)", "Moves an item of a queue."),
    ("finalize-selected-item", "(finalize-selected-item …)", "Ends the work on an item of a queue."),
    ("json/get", "(json/get value \"key\" …)", "Gives what a Json value holds."),
    ("run/id", "(run/id)", "The id of the run."),
    ("run/root", "(run/root)", "The directory of the run."),
    ("run/started", "(run/started)", "When the run began."),
    ("run/context", "(run/context key)", "A value of the context."),
    ("artifact/newest", "(artifact/newest name)", "The newest version of an artifact."),
    ("artifact/consumed", "(artifact/consumed name)", "The version of an artifact that the step at hand consumes."),
    ("loop/index", "(loop/index)", "The iteration of the innermost loop, from 0."),
    ("loop/total", "(loop/total)", "How many iterations the innermost loop has at most."),
    ("step/exit-code", "(step/exit-code step)", "The exit code of a step."),
    ("step/status", "(step/status step)", "`completed`, `failed` or `skipped`."),
    ("step/outcome", "(step/outcome step)", "The status in the outcome of a step."),
    ("step/phase", "(step/phase step)", "When a step has failed: `pre_execution`, `execution`, `post_execution`."),
    ("step/class", "(step/class step)", "How a step has ended: `completed`, `command_failed` and so on."),
    ("step/retryable?", "(step/retryable? step)", "Whether trying the step again may help."),
    ("step/output", "(step/output step)", "What a step has printed, as text."),
    ("step/lines", "(step/lines step)", "What a step has printed, as lines."),
    ("step/json", "(step/json step \"key\" …)", "What a step has printed, as Json."),
    ("step/files", "(step/files step)", "The files that a `wait-for` has found."),
    ("step/waited-ms", "(step/waited-ms step)", "How long a `wait-for` has waited, in milliseconds."),
    ("step/polls", "(step/polls step)", "How often a `wait-for` has looked."),
    ("step/timed-out?", "(step/timed-out? step)", "Whether a `wait-for` has given up."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_described() {
        for name in defs::FORMS.iter().chain(FORMS) {
            let found = ALL.iter().find(|(known, ..)| known == name);
            let shape = found.map(|(_, shape, _)| *shape).unwrap_or_default();
            assert!(shape.starts_with(&format!("({name}")), "{name}: {shape}");
        }
        assert_eq!(ALL.len(), defs::FORMS.len() + FORMS.len());
        assert_eq!(
            builtin("string/split").map(|each| each.shape).as_deref(),
            Some("(string/split String String) -> List[String]")
        );
        assert_eq!(builtin("nothing"), None);
    }
}
