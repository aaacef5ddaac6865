//! A connection that makes one call again and again.

use std::net::SocketAddr;

use anyhow::{Result, bail};

use crate::connection::{Connection, written};
use crate::contender::Call;

/// A client that takes right answers only.
#[derive(Debug)]
pub(crate) struct Client<'call> {
    connection: Connection,
    call: &'call Call,
    request: Vec<u8>,
    /// The body that was found to be right; another one is checked anew.
    right: Vec<u8>,
}

impl<'call> Client<'call> {
    /// Connects; the request is written out once.
    pub(crate) async fn connect(address: SocketAddr, call: &'call Call) -> Result<Self> {
        let connection = Connection::open(address).await?;
        Ok(Self { connection, call, request: written(address, call), right: Vec::new() })
    }

    /// Goes over to another call on the same connection.
    pub(crate) fn switch(&mut self, address: SocketAddr, call: &'call Call) {
        self.request = written(address, call);
        self.call = call;
        self.right.clear();
    }

    /// Makes the call and gives its answer, checked.
    pub(crate) async fn answer(&mut self) -> Result<serde_json::Value> {
        self.call().await?;
        Ok(serde_json::from_slice(&self.right)?)
    }

    /// Makes the call and checks its answer.
    pub(crate) async fn call(&mut self) -> Result<()> {
        let answer = self.connection.ask(&self.request).await?;
        if answer.status != 200 {
            bail!("refused: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        if self.right.is_empty() || answer.body != self.right {
            if let Err(reason) = self.call.check(answer.body) {
                bail!("wrong answer: {reason}");
            }
            self.right = answer.body.to_vec();
        }
        Ok(())
    }
}
