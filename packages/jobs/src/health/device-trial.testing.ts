/** Processes in place of one that tries the device, for device-check.test.ts. */
const { TRIAL } = process.env;
if (TRIAL === 'computes') process.send?.({ computed: true }, undefined, {}, () => process.exit(0));
else if (TRIAL === 'fails') {
  process.stderr.write('first line\nCUDA_ERROR_ECC_UNCORRECTABLE\n', () => process.exit(1));
} else setInterval(() => {}, 1000);
