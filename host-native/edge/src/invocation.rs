//! Puts the tools' functions into the front end, in place of the one import that stands for all of them.
//!
//! The front end calls `mxcp.invoke(index, arguments, results)`: which function, where its flattened arguments are
//! (a slot of eight bytes for each parameter of its core signature, the pointer to a result in memory among them), and the slot
//! for a result that is a core value. Here that import becomes a function of the module itself, which loads the
//! arguments with their types and calls the import of that function, so that the tools are called with no copy between.
//! What the front end imports without using it on any request (files, terminals, its project, which it has taken by now) becomes
//! a trap, so that hosts without those can run it.

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, FunctionSection, ImportSection, MemArg, TypeSection, ValType,
};
use wasmparser::{Parser, Payload, TypeRef};
use wit_parser::abi::WasmType;

use crate::error::Error;
use crate::world::{Import, ToolWorld};

/// The import that stands for the tools' functions.
pub(crate) const INVOKE: (&str, &str) = ("mxcp", "invoke");

/// Interfaces of which the front end needs nothing once it has taken its project: what its language's library brings along.
const CLOSED: [&str; 6] = [
    "mxcp:edge/project",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/terminal-",
    "wasi:filesystem/",
    "wasi:sockets/",
];

/// The older system interface, of which a library may ask randomness.
const OLDER: (&str, &str) = ("wasi_snapshot_preview1", "random_get");

/// Whence that comes instead.
const RANDOM: (&str, &str) = ("wasi:random/random", "get-random-u64");

/// Gives the front end the functions of a world.
pub(crate) fn put_in(front: &[u8], world: &ToolWorld) -> Result<Vec<u8>, Error> {
    let mut rewriter = Rewriter { survey: Survey::of(front)?, imports: world.imports() };
    let mut module = wasm_encoder::Module::new();
    rewriter
        .parse_core_module(&mut module, Parser::new(0), front)
        .map_err(|source| Error::FrontEnd(source.to_string()))?;
    let mut module = module.finish();
    world.describe(&mut module)?;
    Ok(module)
}

/// What becomes of an imported function.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It stays, at this index.
    Kept(u32),
    /// It becomes the generated function that calls the tools; its type.
    Invoke(u32),
    /// It becomes a function that fills memory from [`RANDOM`]; its type.
    Random(u32),
    /// It becomes a trap; its type.
    Closed(u32),
}

/// What a module has, as far as indices change with it.
#[derive(Debug, Default)]
struct Survey {
    /// How many types.
    types: u32,
    /// Its imported functions.
    functions: Vec<Fate>,
    /// How many of those stay.
    kept: u32,
    /// How many functions of its own.
    defined: u32,
    /// Where [`RANDOM`] is among those that stay.
    random: Option<u32>,
}

impl Survey {
    fn of(module: &[u8]) -> Result<Self, Error> {
        let fault = |source: wasmparser::BinaryReaderError| Error::FrontEnd(source.to_string());
        let mut survey = Survey::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(fault)? {
                Payload::TypeSection(groups) => {
                    for group in groups {
                        let types = group.map_err(fault)?.types().len();
                        survey.types += u32::try_from(types).unwrap_or(u32::MAX);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(fault)?;
                        if let TypeRef::Func(ty) = import.ty {
                            survey.function(import.module, import.name, ty);
                        }
                    }
                }
                Payload::FunctionSection(functions) => survey.defined = functions.count(),
                _ => {}
            }
        }
        if survey.functions.iter().any(|fate| matches!(fate, Fate::Invoke(_))) {
            Ok(survey)
        } else {
            Err(Error::FrontEnd("it has no import `mxcp.invoke`".to_owned()))
        }
    }

    fn function(&mut self, module: &str, name: &str, ty: u32) {
        let fate = if (module, name) == INVOKE {
            Fate::Invoke(ty)
        } else if (module, name) == OLDER {
            Fate::Random(ty)
        } else if module == OLDER.0 || CLOSED.iter().any(|closed| module.starts_with(closed)) {
            Fate::Closed(ty)
        } else {
            if module.starts_with(RANDOM.0) && name == RANDOM.1 {
                self.random = Some(self.kept);
            }
            self.kept += 1;
            Fate::Kept(self.kept - 1)
        };
        self.functions.push(fate);
    }

    /// The imports that become functions of the module, in order.
    fn replaced(&self) -> impl Iterator<Item = Fate> + '_ {
        self.functions.iter().copied().filter(|fate| !matches!(fate, Fate::Kept(_)))
    }
}

struct Rewriter<'a> {
    survey: Survey,
    imports: &'a [Import],
}

impl Rewriter<'_> {
    /// How many functions the module imports in the end.
    fn imported(&self) -> u32 {
        self.survey.kept + self.tools()
    }

    fn tools(&self) -> u32 {
        u32::try_from(self.imports.len()).unwrap_or(u32::MAX)
    }
}

type Outcome<T = ()> = Result<T, reencode::Error>;

impl Reencode for Rewriter<'_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Outcome<u32> {
        let at = function as usize;
        let Some(fate) = self.survey.functions.get(at) else {
            let imported = u32::try_from(self.survey.functions.len()).unwrap_or(u32::MAX);
            return Ok(function - imported + self.imported());
        };
        Ok(match fate {
            Fate::Kept(index) => *index,
            Fate::Invoke(_) | Fate::Random(_) | Fate::Closed(_) => {
                let before = self.survey.functions.iter().take(at);
                let before = before.filter(|fate| !matches!(fate, Fate::Kept(_))).count();
                self.imported() + self.survey.defined + u32::try_from(before).unwrap_or(u32::MAX)
            }
        })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Outcome {
        reencode::utils::parse_type_section(self, types, section)?;
        for import in self.imports {
            types.ty().function(import.parameters.iter().copied().map(core), import.result.map(core));
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Outcome {
        let mut functions = self.survey.functions.clone().into_iter();
        for import in section.into_imports() {
            let import = import?;
            let function = matches!(import.ty, TypeRef::Func(_));
            if !function || matches!(functions.next(), Some(Fate::Kept(_))) {
                self.parse_import(imports, import)?;
            }
        }
        for (import, index) in self.imports.iter().zip(self.survey.types..) {
            imports.import("$root", &import.name, EntityType::Function(index));
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Outcome {
        reencode::utils::parse_function_section(self, functions, section)?;
        for fate in self.survey.replaced() {
            if let Fate::Invoke(ty) | Fate::Random(ty) | Fate::Closed(ty) = fate {
                functions.function(ty);
            }
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Outcome {
        reencode::utils::parse_code_section(self, code, section)?;
        for fate in self.survey.replaced() {
            let function = match fate {
                Fate::Invoke(_) => invoke(self.imports, self.survey.kept),
                Fate::Random(_) => self.survey.random.map_or_else(trap, fill),
                Fate::Kept(_) | Fate::Closed(_) => trap(),
            };
            code.function(&function);
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut wasm_encoder::Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Outcome {
        // Names are by index, and there is nobody to read them.
        if section.name() == "name" {
            return Ok(());
        }
        reencode::utils::parse_custom_section(self, module, section)
    }
}

fn trap() -> wasm_encoder::Function {
    let mut function = wasm_encoder::Function::new([]);
    function.instructions().unreachable().end();
    function
}

/// A function that fills memory, a byte at a time, with what `random` gives.
fn fill(random: u32) -> wasm_encoder::Function {
    const AT: u32 = 0;
    const LENGTH: u32 = 1;
    let byte = MemArg { offset: 0, align: 0, memory_index: 0 };
    let mut function = wasm_encoder::Function::new([]);
    let mut code = function.instructions();
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(LENGTH).i32_eqz().br_if(1);
    code.local_get(AT).call(random).i64_store8(byte);
    code.local_get(AT).i32_const(1).i32_add().local_set(AT);
    code.local_get(LENGTH).i32_const(1).i32_sub().local_set(LENGTH);
    code.br(0).end().end().i32_const(0).end();
    function
}

/// The function that calls the tools, whose imports begin at `first`.
fn invoke(imports: &[Import], first: u32) -> wasm_encoder::Function {
    const INDEX: u32 = 0;
    const ARGUMENTS: u32 = 1;
    const RESULTS: u32 = 2;
    let mut function = wasm_encoder::Function::new([]);
    let mut code = function.instructions();
    for (import, index) in imports.iter().zip(0i32..) {
        code.local_get(INDEX).i32_const(index).i32_eq().if_(BlockType::Empty);
        if import.result.is_some() {
            code.local_get(RESULTS);
        }
        for (ty, slot) in import.parameters.iter().zip(0u64..) {
            code.local_get(ARGUMENTS);
            match core(*ty) {
                ValType::I64 => code.i64_load(at(slot)),
                ValType::F32 => code.f32_load(at(slot)),
                ValType::F64 => code.f64_load(at(slot)),
                _ => code.i32_load(at(slot)),
            };
        }
        code.call(first + index.cast_unsigned());
        match import.result.map(core) {
            None => {}
            Some(ValType::I64) => {
                code.i64_store(at(0));
            }
            Some(ValType::F32) => {
                code.f32_store(at(0));
            }
            Some(ValType::F64) => {
                code.f64_store(at(0));
            }
            Some(_) => {
                code.i32_store(at(0));
            }
        }
        code.return_().end();
    }
    // There is no such function: the front end and the world are of two projects.
    code.unreachable().end();
    function
}

/// Where a slot is, from the first.
fn at(slot: u64) -> MemArg {
    MemArg { offset: slot * 8, align: 2, memory_index: 0 }
}

/// The type of a core value.
pub(crate) fn core(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}
