//! The `deliver` Lambda: called by the queue. The local host feeds `Deliver` from its own.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    let ports = aws::Ports::from_env()?;
    let (table, keys, outbound) = (ports.table()?, ports.data_keys()?, ports.outbound()?);
    let (queue, clock, entropy) = (ports.queue()?, ports.clock(), ports.entropy());
    aws::consume(deliver::Deliver { table, keys, outbound, queue, clock, entropy }).await
}
