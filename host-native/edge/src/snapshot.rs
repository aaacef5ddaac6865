//! Sets the front end up with a project, and takes a picture of it.
//!
//! Reading and compiling a project takes tens of milliseconds, and an instance at the edge lives for one request. So the front
//! end takes the project at build time, and its memory as it is then becomes what each instance begins with. The
//! picture depends on nothing but the front end and the project: there is no clock, no environment, and the randomness
//! that hash tables ask for comes from the project's own digest, so that who does not have the project can't guess it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::{
    Caller, Config, Engine, Extern, ExternType, Func, Instance, Linker, Memory, Module, OptLevel, Store, Val,
};
use wasmtime_wizer::{InstanceState, SnapshotVal, Wizer};

use crate::error::Error;

/// What the front end exports to be set up by.
const SETUP: &str = "setup";

/// Bytes of stack for it: a project may nest as deep as its readers allow.
const STACK: usize = 1 << 20;

/// The front end with the project taken in. `seed` is what it gets for randomness.
///
/// # Errors
/// The project does not load, or the front end is none.
pub(crate) fn take(front: &[u8], bundle: &str, seed: [u8; 16]) -> Result<Vec<u8>, Error> {
    let mut wizer = Wizer::new();
    wizer.init_func(SETUP).keep_init_func(true);
    let (context, instrumented) = wizer.instrument(front).map_err(unusable)?;
    let mut config = Config::new();
    // Its code runs once: it is compiled quickly rather than well.
    config.cranelift_opt_level(OptLevel::None).max_wasm_stack(STACK);
    let engine = Engine::new(&config).map_err(unusable)?;
    let module = Module::new(&engine, &instrumented).map_err(unusable)?;
    let host = Host { bundle: bundle.to_owned(), seed, said: String::new(), refusal: None };
    let mut store = Store::new(&engine, host);
    let linker = surroundings(&engine, &module)?;
    let instance = linker.instantiate(&mut store, &module).map_err(unusable)?;
    for function in ["_initialize", SETUP] {
        let Some(function) = instance.get_func(&mut store, function) else { continue };
        let called = function.typed::<(), ()>(&store).and_then(|function| function.call(&mut store, ()));
        if let Err(problem) = called {
            let host = store.into_data();
            let said = Some(host.said.trim()).filter(|said| !said.is_empty());
            let problem = host.refusal.or(said.map(str::to_owned)).unwrap_or_else(|| format!("{problem:#}"));
            return Err(Error::Setup(problem));
        }
    }
    let mut state = State { store: &mut store, instance };
    let picture = pin!(wizer.snapshot(&context, &mut state));
    // Nothing of it waits for anything.
    match picture.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(picture) => picture.map_err(unusable),
        Poll::Pending => Err(Error::FrontEnd("its picture takes for ever".to_owned())),
    }
}

fn unusable(problem: wasmtime::Error) -> Error {
    Error::FrontEnd(format!("{problem:#}"))
}

/// What the front end finds around itself while it is set up.
#[derive(Debug)]
struct Host {
    bundle: String,
    seed: [u8; 16],
    /// What it wrote for the operator.
    said: String,
    /// Why it did not take the project.
    refusal: Option<String>,
}

/// An implementation of each of its imports; of most, that it is not there yet.
fn surroundings(engine: &Engine, module: &Module) -> Result<Linker<Host>, Error> {
    let mut linker = Linker::new(engine);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else {
            let text = format!("it imports `{}` of `{}`", import.name(), import.module());
            return Err(Error::FrontEnd(text));
        };
        let known = Known::of(import.module(), import.name());
        let shown = format!("`{}` of `{}` is asked at build time", import.name(), import.module());
        let answer = move |caller: Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| match known {
            Some(known) => known.answer(caller, arguments, results),
            None => Err(wasmtime::Error::msg(shown.clone())),
        };
        linker.func_new(import.module(), import.name(), ty, answer).map_err(unusable)?;
    }
    Ok(linker)
}

/// The imports that mean something at build time.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// The project, as text.
    Bundle,
    /// Why it is not taken.
    Refuse,
    /// Randomness for hash tables, two numbers of 64 bits.
    Seed,
    /// Randomness as the older system interface gives it.
    Fill,
    /// The stream for the operator.
    Stream,
    /// Text for the operator.
    Write,
    /// The stream is given back.
    Drop,
}

impl Known {
    fn of(module: &str, name: &str) -> Option<Self> {
        let interface = module.split('@').next().unwrap_or(module);
        Some(match (interface, name) {
            ("mxcp:edge/project", "bundle") => Known::Bundle,
            ("mxcp:edge/project", "refuse") => Known::Refuse,
            ("wasi:random/insecure-seed", _) => Known::Seed,
            ("wasi_snapshot_preview1", "random_get") => Known::Fill,
            ("wasi:cli/stderr", _) => Known::Stream,
            ("wasi:io/streams", "[method]output-stream.blocking-write-and-flush") => Known::Write,
            ("wasi:io/streams", "[resource-drop]output-stream") => Known::Drop,
            _ => return None,
        })
    }

    fn answer(
        self,
        mut caller: Caller<'_, Host>,
        arguments: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let argument = |at: usize| arguments.get(at).and_then(Val::i32).map_or(0, i32::cast_unsigned);
        match self {
            Known::Bundle => {
                let text = std::mem::take(&mut caller.data_mut().bundle);
                let (at, length) = allocate(&mut caller, text.as_bytes())?;
                write(&mut caller, argument(0), &[at.to_le_bytes(), length.to_le_bytes()].concat())?;
            }
            Known::Refuse => {
                let text = read(&mut caller, argument(0), argument(1))?;
                caller.data_mut().refusal = Some(text);
            }
            Known::Seed => {
                let seed = caller.data().seed;
                write(&mut caller, argument(0), &seed)?;
            }
            Known::Fill => {
                let length = argument(1) as usize;
                let bytes: Vec<u8> = caller.data().seed.iter().copied().cycle().take(length).collect();
                write(&mut caller, argument(0), &bytes)?;
                if let Some(outcome) = results.first_mut() {
                    *outcome = Val::I32(0);
                }
            }
            // Any number is a handle to whom never looks behind it.
            Known::Stream => {
                if let Some(handle) = results.first_mut() {
                    *handle = Val::I32(1);
                }
            }
            Known::Write => {
                let text = read(&mut caller, argument(1), argument(2))?;
                caller.data_mut().said.push_str(&text);
                // The first case of its result, which is that all went well.
                write(&mut caller, argument(3), &[0])?;
            }
            Known::Drop => {}
        }
        Ok(())
    }
}

fn memory(caller: &mut Caller<'_, Host>) -> wasmtime::Result<Memory> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    memory.ok_or_else(|| wasmtime::Error::msg("it exports no memory"))
}

fn write(caller: &mut Caller<'_, Host>, at: u32, bytes: &[u8]) -> wasmtime::Result<()> {
    let memory = memory(caller)?;
    memory.write(caller, at as usize, bytes).map_err(wasmtime::Error::from)
}

fn read(caller: &mut Caller<'_, Host>, at: u32, length: u32) -> wasmtime::Result<String> {
    let memory = memory(caller)?;
    let range = at as usize..(at as usize).saturating_add(length as usize);
    let bytes = memory.data(&*caller).get(range).unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Puts bytes where the front end says that they may go.
fn allocate(caller: &mut Caller<'_, Host>, bytes: &[u8]) -> wasmtime::Result<(u32, u32)> {
    let missing = || wasmtime::Error::msg("it exports no `cabi_realloc`");
    let allocator: Func =
        caller.get_export("cabi_realloc").and_then(Extern::into_func).ok_or_else(missing)?;
    let allocator = allocator.typed::<(u32, u32, u32, u32), u32>(&*caller)?;
    let length = u32::try_from(bytes.len())?;
    let at = allocator.call(&mut *caller, (0, 0, 1, length))?;
    write(caller, at, bytes)?;
    Ok((at, length))
}

/// The instance whose picture is taken.
struct State<'a> {
    store: &'a mut Store<Host>,
    instance: Instance,
}

impl InstanceState for State<'_> {
    #[expect(clippy::panic, reason = "the exports are those that the instrumentation has just added")]
    async fn global_get(&mut self, name: &str, _: wasmtime_wizer::ValType) -> SnapshotVal {
        let value =
            self.instance.get_global(&mut *self.store, name).map(|global| global.get(&mut *self.store));
        match value {
            Some(Val::I32(value)) => SnapshotVal::I32(value),
            Some(Val::I64(value)) => SnapshotVal::I64(value),
            Some(Val::F32(bits)) => SnapshotVal::F32(bits),
            Some(Val::F64(bits)) => SnapshotVal::F64(bits),
            Some(Val::V128(value)) => SnapshotVal::V128(value.as_u128()),
            other => panic!("global `{name}` is {other:?}"),
        }
    }

    #[expect(clippy::panic, reason = "the exports are those that the instrumentation has just added")]
    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        match self.instance.get_memory(&mut *self.store, name) {
            Some(memory) => contents(memory.data(&*self.store)),
            None => panic!("memory `{name}` is not there"),
        }
    }
}
