//! One run of the extractor: its state, its limits, its end.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Result;
use bytes::Bytes;
use sandbox::MemoryLimit;
use tokio::sync::mpsc;
use wasmtime::{
    Engine, Store, UpdateDeadline,
    component::{Component, Linker, ResourceTable},
};
use wasmtime_wasi::{
    I32Exit, WasiCtx, WasiCtxView, WasiView,
    p2::bindings::{Command, CommandPre},
};

use super::{End, Limits, TICK, pipes};

/// The input of a run.
pub(super) struct Task {
    pub(super) arguments: Vec<String>,
    pub(super) input: mpsc::Receiver<Bytes>,
    pub(super) output: mpsc::Sender<Bytes>,
    pub(super) limits: Limits,
    pub(super) stop: Arc<AtomicBool>,
}

pub(super) struct CompiledCommand {
    engine: Engine,
    command: CommandPre<State>,
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    memory: MemoryLimit,
    out_of_time: bool,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl CompiledCommand {
    pub(super) fn new(engine: &Engine, component: &Component) -> Result<Self> {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let command = CommandPre::new(linker.instantiate_pre(component)?)?;
        Ok(Self { engine: engine.clone(), command })
    }

    pub(super) fn prepare(&self, task: Task) -> impl Future<Output = End> + Send + 'static {
        let (command, limits, stop) = (self.command.clone(), task.limits, task.stop);
        // No files, no network, no environment: only the arguments and the two pipes.
        let wasi = WasiCtx::builder()
            .args(&task.arguments)
            .stdin(pipes::Stdin::new(task.input))
            .stdout(pipes::Stdout(task.output))
            .build();
        let state = State {
            wasi,
            table: ResourceTable::new(),
            memory: MemoryLimit::new(limits.memory),
            out_of_time: false,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_epoch_deadline(1);
        // Called at most once a tick, and only while the guest computes: waiting for the document
        // does not count.
        let mut ticks = u128::from(limits.seconds) * 1000 / TICK.as_millis();
        store.epoch_deadline_callback(move |mut context| {
            ticks = ticks.saturating_sub(1);
            context.data_mut().out_of_time = ticks == 0;
            let end = ticks == 0 || stop.load(Ordering::Relaxed);
            Ok(if end { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
        });
        async move {
            let outcome = run(&command, &mut store).await;
            match outcome {
                Ok(()) => End::Finished,
                Err(_) if store.data().out_of_time => End::TooSlow,
                // A guest whose memory request was refused may trap or exit normally.
                Err(_) if store.data().memory.was_exceeded() => End::TooMuchMemory,
                // An exit status other than 0 is not a crash: the last line explains it.
                Err(error) if error.downcast_ref::<I32Exit>().is_some() => End::Finished,
                Err(error) => End::Crashed(format!("{error:#}")),
            }
        }
    }
}

async fn run(command: &CommandPre<State>, store: &mut Store<State>) -> wasmtime::Result<()> {
    let command: Command = command.instantiate_async(&mut *store).await?;
    match command.wasi_cli_run().call_run(&mut *store).await? {
        Ok(()) => Ok(()),
        Err(()) => Err(I32Exit(1).into()),
    }
}
