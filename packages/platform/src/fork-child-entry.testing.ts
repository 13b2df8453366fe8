/** The other side of fork-child.test.ts. */
type Order = 'say and leave' | 'environment' | 'complain' | 'stay';

process.on('message', (order: Order) => {
  if (order === 'say and leave') {
    for (let word = 0; word < 500; word++) process.send?.({ word, padding: 'x'.repeat(2000) });
    process.send?.({ word: 'last' }, undefined, {}, () => process.exit(3));
  } else if (order === 'environment') {
    process.send?.(process.env);
  } else if (order === 'complain') {
    process.stderr.write(`${'x'.repeat(5000)} the end\n`, () => process.kill(process.pid, 'SIGABRT'));
  } else {
    process.send?.('staying');
    setInterval(() => {}, 1000);
  }
});
