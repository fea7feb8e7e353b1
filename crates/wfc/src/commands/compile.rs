//! `wfc compile`: what a workflow is compiled to.

use wfc_compiler::{Compiled, emit, passes};

use crate::cli::{CompileArgs, Emit};
use crate::console::Console;
use crate::exit::{Exit, Outcome};
use crate::loading::{Checked, Session, deliver, plan_of};

pub(super) fn run(args: &CompileArgs, console: &Console) -> Outcome {
    let session = Session::new()?;
    let hir = args.emit == Some(Emit::Hir);
    let compiled = session.compile_for(&args.file, &args.source, hir)?;
    let Some(what) = args.emit else {
        let form = args.explain.as_deref().unwrap_or_default();
        return explain(args, form, &session, compiled, console);
    };
    if what == Emit::Hir {
        // As far as it could be read, even when there are errors.
        let exit = crate::loading::show_findings(&compiled, console);
        deliver(&compiled.hir, args.output.as_deref(), console)?;
        return Ok(exit);
    }
    let Checked::Program(program) = Checked::of(compiled, console)? else {
        return Ok(Exit::Usage);
    };
    let mut changes = Vec::new();
    let before_passes = matches!(what, Emit::Core | Emit::CoreJson | Emit::Schema);
    let level = args.level.unwrap_or(u8::from(!before_passes));
    let text = match what {
        Emit::Core | Emit::CoreJson => {
            let program = passes::optimise(*program, level, &mut changes);
            match what {
                Emit::Core => emit::core(&program),
                _ => pretty(&program),
            }
        }
        Emit::Schema => emit::schema(&program),
        _ => {
            let plan = plan_of(*program, level, &mut changes);
            match what {
                Emit::Dot => emit::dot(&plan),
                Emit::Mermaid => emit::mermaid(&plan),
                Emit::Map => emit::map(&plan),
                Emit::PlanText => wfc_ir::print_plan(&plan),
                _ => emit::plan(&plan),
            }
        }
    };
    if args.explain_passes {
        changes.iter().for_each(|change| console.say(change));
    }
    deliver(&text, args.output.as_deref(), console)?;
    Ok(Exit::Ok)
}

/// What becomes of one form.
fn explain(
    args: &CompileArgs,
    form: &str,
    session: &Session,
    compiled: Compiled,
    console: &Console,
) -> Outcome {
    let Checked::Program(program) = Checked::of(compiled, console)? else {
        return Ok(Exit::Usage);
    };
    let definitions = session.definitions(&args.file, &args.source)?;
    let text = crate::forms::explain(&program, &definitions, form)?;
    deliver(&text, args.output.as_deref(), console)?;
    Ok(Exit::Ok)
}

fn pretty(program: &wfc_ir::Program) -> String {
    // Our own types cannot refuse to be written.
    let mut text = serde_json::to_string_pretty(program).unwrap_or_default();
    text.push('\n');
    text
}
