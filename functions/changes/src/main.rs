//! The `changes` Lambda: called by the table's stream. The local host feeds `Changes` from its change log.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    let ports = aws::Ports::from_env()?;
    let (table, queue) = (ports.table()?, ports.queue()?);
    let sealer = changes::Sealer { table: table.clone(), clock: ports.clock(), entropy: ports.entropy() };
    aws::consume(changes::Changes {
        sealer,
        fan_out: changes::FanOut::new(table, queue, ports.clock(), ports.entropy()),
    })
    .await
}
