//! Two hosts and two workers as processes of their own, on one database and one Redis, as on
//! several machines.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use schema::redis::RedisServer;
use testkit::{Database, test_redis};
use tokio::net::{TcpSocket, TcpStream};

use crate::provider::Provider;
use crate::stack::{program, root, variables, worker_command};

/// How long a process may take to start or to stop.
const TIMEOUT: Duration = Duration::from_secs(180);
/// Between two looks at a process.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A host or a worker, which a test stops and starts again on the same port.
pub struct Node {
    /// `host 1`
    pub name: String,
    /// Where it listens: a host for clients, a worker for its models.
    pub addr: SocketAddr,
    health: String,
    command: Mutex<Command>,
    child: Mutex<Option<Child>>,
}

/// The running processes.
pub struct Cluster {
    /// Their database.
    pub database: Database,
    /// The language model's provider.
    pub provider: Provider,
    /// The hosts.
    pub hosts: [Arc<Node>; 2],
    /// The workers.
    pub workers: [Arc<Node>; 2],
}

impl Cluster {
    /// Starts everything. `environment` is set for the hosts.
    pub async fn start(environment: &[(&'static str, &'static str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (database, redis) = (Database::fresh().await, test_redis());
        redis.provision().await.unwrap();
        let provider = Provider::start().await;
        let workers = [1, 2].map(|number| Arc::new(worker(number, &database, &redis)));
        let models = balance(workers.each_ref().map(|worker| worker.addr)).await;
        let variables =
            variables(&database.server, &database.name, &redis, models.port(), &provider.url);
        let environment: Vec<(String, String)> = variables
            .into_iter()
            .map(|(name, value)| (format!("SPIN_VARIABLE_{}", name.to_uppercase()), value))
            .chain(environment.iter().map(|(name, value)| ((*name).into(), (*value).into())))
            .collect();
        let hosts = [1, 2].map(|number| Arc::new(host(number, &environment)));
        for node in workers.iter().chain(&hosts) {
            node.start().await;
        }
        Self { database, provider, hosts, workers }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.hosts.iter().chain(&self.workers) {
            node.kill();
        }
    }
}

impl Node {
    fn new(name: String, health: &str, addr: SocketAddr, command: Command) -> Self {
        let health = format!("http://{addr}{health}");
        Self { name, addr, health, command: Mutex::new(command), child: Mutex::new(None) }
    }

    /// Starts its process and waits until it serves.
    pub async fn start(&self) {
        let child = self.command.lock().unwrap().spawn().unwrap();
        *self.child.lock().unwrap() = Some(child);
        let client = reqwest::Client::new();
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let ready = async {
            let ready = async || client.get(&self.health).send().await?.error_for_status();
            while ready().await.is_err() {
                assert!(!self.has_ended(), "{} has ended; see its log in .stack", self.name);
                ticks.tick().await;
            }
        };
        let ready = tokio::time::timeout(TIMEOUT, ready).await;
        ready.unwrap_or_else(|_| panic!("{} does not serve", self.name));
    }

    /// SIGTERM; returns once the process has ended.
    pub async fn stop(&self) -> ExitStatus {
        let mut child = self.child.lock().unwrap().take().expect("it runs");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let ended = async {
            loop {
                if let Some(status) = child.try_wait().unwrap() {
                    return status;
                }
                ticks.tick().await;
            }
        };
        let ended = tokio::time::timeout(TIMEOUT, ended).await;
        ended.unwrap_or_else(|_| panic!("{} does not stop", self.name))
    }

    /// SIGKILL, as in a power cut.
    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn has_ended(&self) -> bool {
        let mut child = self.child.lock().unwrap();
        child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The file of a process, after what it wrote before.
fn log(name: &str) -> std::fs::File {
    let path: PathBuf = root().join(".stack").join(format!("test-{name}.log"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap()
}

fn host(number: usize, environment: &[(String, String)]) -> Node {
    let addr = free_address();
    let log = log(&format!("host-{number}"));
    let mut command = Command::new(program("tessera-host"));
    command
        .env_clear()
        .envs(environment.iter().cloned())
        .env("TESSERA_MANIFEST", root().join("spin.toml"))
        .env("TESSERA_CACHE_DIR", root().join(".stack/cache/test-components"))
        .env("TESSERA_LISTEN", addr.to_string())
        .env("TESSERA_PG_BUDGET", "40")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    Node::new(format!("host {number}"), "/.well-known/spin/health", addr, command)
}

fn worker(number: usize, database: &Database, redis: &RedisServer) -> Node {
    let addr = free_address();
    let log = log(&format!("worker-{number}"));
    let command = worker_command(database, redis, addr.port(), log);
    Node::new(format!("worker {number}"), "/health", addr, command)
}

/// One address for the models of both workers, as a service of Kubernetes or a name of Compose is:
/// connections go to them in turns, and to the other if one accepts none.
async fn balance(workers: [SocketAddr; 2]) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for turn in 0.. {
            let Ok((mut client, _)) = listener.accept().await else { continue };
            tokio::spawn(async move {
                let order = [workers[turn % 2], workers[(turn + 1) % 2]];
                for worker in order {
                    if let Ok(mut server) = connect(worker).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                        return;
                    }
                }
            });
        }
    });
    addr
}

async fn connect(to: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpSocket::new_v4()?.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
