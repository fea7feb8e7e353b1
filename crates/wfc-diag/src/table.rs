//! The table of diagnostic codes. Every code is allocated here, once.
//!
//! `E` refuses the program, `W` warns, `L` advises. Digits are grouped by the
//! question that was asked: 01 YAML text, 02 s-expression text, 03 the shape
//! of a YAML workflow, 04 names and references, 05 types, 06 Lisp forms and
//! modules, 07 contracts and paths, 08 project files and bindings, 09 control
//! flow, 10 habits: what works and could be said better.
//!
//! `pedantic` after the name marks a finding that is silent unless a level
//! asks for it.
//!
//! A new code needs one line in the table below and one page,
//! `specs/codes/<ID>.md`, which begins with `# <ID> <name>`.

use crate::Severity;

/// What is known about one code.
#[derive(Debug)]
pub struct CodeInfo {
    /// `E0101`.
    pub id: &'static str,
    /// `yaml-syntax`.
    pub name: &'static str,
    /// The severity a finding has unless it is configured otherwise.
    pub severity: Severity,
    /// Is it silent unless a level asks for it? Such a finding is a matter of
    /// taste: good workflows have it too.
    pub pedantic: bool,
    /// The page that explains it, Markdown.
    pub page: &'static str,
}

/// A code: an entry of the table.
#[derive(Clone, Copy, Debug)]
pub struct Code(&'static CodeInfo);

impl Code {
    /// The entry.
    pub fn info(self) -> &'static CodeInfo {
        self.0
    }

    /// `E0101`.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// `yaml-syntax`.
    pub fn name(self) -> &'static str {
        self.0.name
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Code {}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Code {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.id.cmp(other.0.id)
    }
}

macro_rules! is_pedantic {
    () => {
        false
    };
    (pedantic) => {
        true
    };
}

macro_rules! table {
    ($($constant:ident = $severity:ident $id:literal $name:literal $($pedantic:ident)?;)*) => {
        /// The codes as constants, named as in the table.
        pub mod codes {
            use super::{Code, CodeInfo, Severity};
            $(
                #[doc = concat!("`", $id, "` ", $name)]
                pub const $constant: Code = Code(&CodeInfo {
                    id: $id,
                    name: $name,
                    severity: Severity::$severity,
                    pedantic: is_pedantic!($($pedantic)?),
                    // A code without a page does not compile.
                    page: include_str!(concat!(
                        env!("CARGO_MANIFEST_DIR"),
                        "/../../specs/codes/",
                        $id,
                        ".md"
                    )),
                });
            )*
        }

        /// Every code, in the order of the table.
        pub const ALL_CODES: &[Code] = &[$(codes::$constant),*];
    };
}

table! {
    // 01 YAML text
    YAML_SYNTAX = Error "E0101" "yaml-syntax";
    YAML_DUPLICATE_KEY = Error "E0102" "yaml-duplicate-key";
    YAML_TAB = Error "E0103" "yaml-tab-indentation";
    YAML_UNKNOWN_ANCHOR = Error "E0104" "yaml-unknown-anchor";
    YAML_MULTI_DOCUMENT = Error "E0105" "yaml-multi-document";
    NOT_UTF8 = Error "E0106" "not-utf8";
    YAML_ALIAS_LIMIT = Error "E0107" "yaml-alias-limit";
    YAML_DEPTH = Error "E0108" "yaml-too-deep";
    YAML_TAG = Error "E0109" "yaml-tag";
    YAML_KEY_NOT_SCALAR = Error "E0110" "yaml-key-not-scalar";
    YAML_UNTERMINATED = Error "E0111" "yaml-unterminated-quote";
    YAML_INDENT = Error "E0112" "yaml-indentation";
    TEMPLATE_SYNTAX = Error "E0120" "template-syntax";
    FILE_UNREADABLE = Error "E0121" "file-unreadable";

    // 02 s-expression text
    LISP_SYNTAX = Error "E0201" "lisp-syntax";
    LISP_UNCLOSED = Error "E0202" "lisp-unclosed-list";
    LISP_EXTRA_CLOSE = Error "E0203" "lisp-unexpected-close";
    LISP_STRING = Error "E0204" "lisp-string";
    LISP_NUMBER = Error "E0205" "lisp-number";
    LISP_DEPTH = Error "E0206" "lisp-too-deep";

    // 03 the shape of a YAML workflow
    UNKNOWN_KEY = Error "E0301" "unknown-key";
    MISSING_KEY = Error "E0302" "missing-key";
    WRONG_TYPE = Error "E0303" "wrong-type";
    VERSION_GATE = Error "E0304" "version-gate";
    VERSION_UNSUPPORTED = Error "E0305" "version-unsupported";
    EXECUTION_FORMS = Error "E0306" "execution-forms";
    KEY_CONFLICT = Error "E0307" "key-conflict";
    BAD_VALUE = Error "E0308" "bad-value";
    PLACEMENT = Error "E0309" "placement";
    NOT_SUPPORTED = Error "E0310" "not-supported-yet";

    // 04 names and references
    UNKNOWN_STEP = Error "E0401" "unknown-step";
    UNKNOWN_ARTIFACT = Error "E0402" "unknown-artifact";
    UNKNOWN_PROVIDER = Error "E0403" "unknown-provider";
    UNKNOWN_INPUT = Error "E0404" "unknown-input";
    UNKNOWN_IMPORT = Error "E0405" "unknown-import";
    UNKNOWN_NAME = Error "E0406" "unknown-name";
    DUPLICATE_NAME = Error "E0407" "duplicate-name";
    STEP_NOT_IN_SCOPE = Error "E0408" "step-not-in-scope";
    STEP_NOT_YET_RUN = Error "E0409" "step-not-yet-run";
    MISSING_BINDING = Error "E0410" "missing-binding";
    UNKNOWN_BINDING = Error "E0411" "unknown-binding";
    IMPORT_CYCLE = Error "E0412" "import-cycle";
    IMPORT_NOT_FOUND = Error "E0413" "import-not-found";
    BAD_REFERENCE = Error "E0414" "bad-reference";
    VISITED_AGAIN = Error "E0415" "visited-again";
    UNDECLARED_CONTEXT = Warning "W0416" "undeclared-context";
    NO_SESSIONS = Error "E0420" "no-sessions";

    // 05 types
    TYPE_MISMATCH = Error "E0501" "type-mismatch";
    NEVER_EQUAL = Error "E0502" "never-equal";
    UNCOVERED_CASE = Error "E0503" "uncovered-case";
    UNKNOWN_CASE = Error "E0504" "unknown-case";
    UNPROVED_VARIANT = Error "E0505" "unproved-variant";
    UNKNOWN_FIELD = Error "E0506" "unknown-field";
    MISSING_FIELD = Error "E0507" "missing-field";
    UNKNOWN_TYPE = Error "E0508" "unknown-type";

    // 06 Lisp forms and modules
    LISP_FORM = Error "E0601" "lisp-form";
    UNKNOWN_FORM = Error "E0602" "unknown-form";
    ARITY = Error "E0603" "arity";
    MODULE_NOT_FOUND = Error "E0604" "module-not-found";
    MODULE_PATH = Error "E0605" "module-path-mismatch";
    NOT_EXPORTED = Error "E0606" "not-exported";
    LANGUAGE_VERSION = Error "E0607" "language-version";
    RECURSION = Error "E0608" "recursion";
    ENTRY_WORKFLOW = Error "E0609" "entry-workflow";
    UNDECLARED_EFFECT = Error "E0610" "undeclared-effect";
    TOO_LARGE = Error "E0611" "too-large";
    RESERVED_NAME = Error "E0620" "reserved-name";
    MACRO_RESULT = Error "E0621" "macro-result";
    MACRO_CYCLE = Error "E0622" "macro-cycle";
    MACRO_LIMIT = Error "E0623" "macro-limit";
    HIDDEN_EFFECT = Error "E0624" "hidden-effect";
    SCHEMA_CYCLE = Error "E0625" "schema-cycle";

    // 07 contracts and paths
    UNSAFE_PATH = Error "E0701" "unsafe-path";
    MISSING_ASSET = Error "E0702" "missing-asset";
    BAD_CONTRACT = Error "E0703" "bad-contract";
    BAD_DEFAULT = Error "E0704" "bad-default";
    BAD_POINTER = Error "E0705" "bad-json-pointer";
    FIXED_WRITE_ROOT = Error "E0706" "fixed-write-root";
    SHARED_WRITE_ROOT = Error "E0707" "shared-write-root";
    CONTRACT_WIDENED = Error "E0708" "contract-widened";
    POLICY_NOT_FOUND = Warning "W0710" "policy-not-found";

    // 08 project files and bindings
    PROJECT_FILE = Error "E0801" "project-file";
    UNBOUND_EXTERN = Error "E0802" "unbound-extern";
    IMPORTED_PROGRAM = Error "E0803" "imported-program";

    // 09 control flow
    UNKNOWN_TARGET = Error "E0901" "unknown-goto-target";
    UNREACHABLE = Warning "W0901" "unreachable-step";
    PROVIDER_TIMEOUT = Advice "L0901" "provider-without-timeout";
    UNUSED = Warning "W0902" "unused";
    ALWAYS_TRUE = Warning "W0903" "constant-condition";
    IDLE_LOOP = Warning "W0905" "loop-without-progress";
    IGNORED_EDGE = Warning "W0910" "ignored-edge";
    EMPTY_LOOP = Warning "W0911" "empty-loop";
    MAY_NOT_HAVE_RUN = Warning "W0904" "step-may-not-have-run";

    // 10 habits: lints
    UNKNOWN_LINT = Warning "W1001" "unknown-lint";
    UNUSED_ALLOW = Warning "W1002" "unused-allow";
    LITERAL_REFERENCE = Warning "W1003" "literal-like-reference";
    LITERAL_HOLE = Warning "W1004" "hole-not-filled-in";
    DUPLICATE_CONDITION = Warning "W1005" "duplicate-condition";
    COLLIDING_WRITES = Warning "W1006" "colliding-writes";
    MISSING_INPUT_FILE = Warning "W1007" "missing-input-file";
    SHELL_GATE = Advice "L1001" "shell-gate-to-assert";
    STRINGLY_EQUALS = Advice "L1002" "stringly-when-equals";
    GOTO_DIAMOND = Advice "L1003" "goto-diamond-to-structured-control";
    OUTPUT_COLLISION = Advice "L1004" "import-output-collision" pedantic;
    REDUNDANT_KIND = Advice "L1005" "redundant-relpath-boundary-kind";
    UNCONSUMED = Advice "L1006" "unconsumed-artifact" pedantic;
    PROVIDER_CONTRACT = Advice "L1007" "provider-without-contract";
    SHELL_GLUE = Advice "L1008" "shell-glue" pedantic;
    REDUNDANT_GOTO = Advice "L1009" "redundant-goto" pedantic;
    IDLE_MAX_VISITS = Advice "L1010" "idle-max-visits";
    UNBOUNDED_CIRCLE = Advice "L1011" "unbounded-circle";
    UNUSED_EXPORT = Advice "L1012" "unused-export" pedantic;
    SHADOWED_NAME = Advice "L1013" "shadowed-name";
    DROPPED_RESULT = Advice "L1014" "dropped-result";
    LOW_LEVEL_PATH = Advice "L1015" "low-level-path";
}

/// The code with this id (`E0101`) or name (`yaml-syntax`), in any case.
pub fn code_by_id(id: &str) -> Option<Code> {
    ALL_CODES
        .iter()
        .copied()
        .find(|code| code.id().eq_ignore_ascii_case(id) || code.name().eq_ignore_ascii_case(id))
}
