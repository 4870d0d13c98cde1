/**
 * A web shop that records what happens to its orders: `node examples/web-shop/shop.mjs http://127.0.0.1:8080 COUNT`.
 *
 * An order is placed, paid or given up, and packed. Each event has a number of its own, so that handing it in again after a time-out
 * records nothing twice.
 */
import { connect } from 'cairn-ledger';

const [gateway, countText = '20'] = process.argv.slice(2);
if (gateway === undefined || !(Number(countText) >= 0)) {
  console.error('usage: shop.mjs GATEWAY [COUNT], such as http://127.0.0.1:8080 20');
  process.exit(2);
}

const ledger = await connect(gateway);
for (let order = 0; order < Number(countText); order++) {
  const events = [{ event: 'placed', total: 20 + ((order * 37) % 80) }];
  events.push(order % 5 === 4 ? { event: 'given-up' } : { event: 'paid' });
  if (order % 5 !== 4) events.push({ event: 'packed', parcel: `P-${1_000 + order}` });
  await ledger.appendAll(events.map((event, number) => ({ type: 'shop/order', order, number, ...event })));
}
console.log(`${countText} orders`);
