//! Redis through `spin:redis@3.0.0`.

use spin_sdk::redis::{Connection, RedisParameter, RedisResult};

use crate::redis::Reply;

pub(crate) struct Driver(Connection);

impl Driver {
    pub(crate) async fn open(url: &str) -> Result<Self, String> {
        Connection::open(url).await.map(Self).map_err(|e| format!("{e:?}"))
    }

    pub(crate) async fn command(
        &self,
        command: &str,
        args: &[&[u8]],
    ) -> Result<Vec<Reply>, String> {
        let args: Vec<RedisParameter> =
            args.iter().map(|a| RedisParameter::Binary(a.to_vec())).collect();
        let reply = self.0.execute(command, args).await.map_err(|e| format!("{command}: {e:?}"))?;
        Ok(reply
            .into_iter()
            .map(|r| match r {
                RedisResult::Nil => Reply::Nil,
                RedisResult::Status(text) => Reply::Status(text),
                RedisResult::Int64(n) => Reply::Int(n),
                RedisResult::Binary(bytes) => Reply::Bytes(bytes),
            })
            .collect())
    }
}
