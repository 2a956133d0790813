//! The `changes` Lambda: called by the table's stream. The local host feeds `FanOut` from its change log.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    let ports = aws::Ports::from_env()?;
    aws::consume(changes::FanOut { table: ports.table()?, queue: ports.queue()?, clock: ports.clock() }).await
}
