//! The `due` Lambda: called every minute by a schedule. The local host calls `Sweep` from its pump.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    let ports = aws::Ports::from_env()?;
    let (table, queue) = (ports.table()?, ports.queue()?);
    aws::consume_ticks(due::Sweep { table, queue, clock: ports.clock(), entropy: ports.entropy() }).await
}
