//! Redis through the `redis` crate, with replies flattened as Spin flattens them.

use redis::{Cmd, Value, aio::MultiplexedConnection};
use tls::Authorities;

use telemetry::{Span, SpanKind};

use crate::redis::Reply;

pub(crate) struct Driver(MultiplexedConnection);

impl Driver {
    pub(crate) async fn open(url: &str) -> Result<Self, String> {
        let connection = tls::connect_redis(url, &Authorities::redis_from_env()).await;
        connection.map(Self).map_err(|error| format!("{error:#}"))
    }

    pub(crate) async fn command(
        &self,
        command: &str,
        args: &[&[u8]],
    ) -> Result<Vec<Reply>, String> {
        let mut cmd = Cmd::new();
        cmd.arg(command);
        for arg in args {
            cmd.arg(*arg);
        }
        let begin = |parent| {
            let name = command.to_ascii_uppercase();
            Span::child_of(parent, SpanKind::Client, name).with("db.system.name", "redis")
        };
        let end = |value: &redis::RedisResult<Value>, span: &mut Span| {
            if value.is_err() {
                span.fail();
            }
        };
        let mut connection = self.0.clone();
        let sent = Box::pin(cmd.query_async(&mut connection));
        let value = telemetry::observed(begin, sent, end).await;
        let value = value.map_err(|e| format!("{command}: {e}"))?;
        let mut out = Vec::new();
        flatten(value, &mut out)?;
        Ok(out)
    }
}

fn flatten(value: Value, out: &mut Vec<Reply>) -> Result<(), String> {
    match value {
        Value::Nil => out.push(Reply::Nil),
        Value::Int(n) => out.push(Reply::Int(n)),
        Value::BulkString(bytes) => out.push(Reply::Bytes(bytes)),
        Value::SimpleString(text) => out.push(Reply::Status(text)),
        Value::Okay => out.push(Reply::Status("OK".to_owned())),
        Value::Array(values) | Value::Set(values) => {
            values.into_iter().try_for_each(|v| flatten(v, out))?
        }
        other => return Err(format!("a reply that Spin does not pass on either: {other:?}")),
    }
    Ok(())
}
