// Keys of Corrosion's configuration that Patina does not have. Someone who brings an old file is
// told so in those words, instead of reading that the key is unknown.

interface ForeignKey {
  /** The full key, or the section with everything in it. */
  readonly key: string;
  /** What to do about it, a sentence. */
  readonly hint: string;
}

const notYet = 'Remove it; docs/configuration.md lists what there is.';
const noChannel =
  'Remove it: the queues of Patina are laid out differently and need no such setting.';

/** Keys and sections that Corrosion knows and Patina does not. */
export const foreignKeys: readonly ForeignKey[] = [
  { key: 'api.pg.tls.ca_file', hint: notYet },
  { key: 'api.pg.tls.verify_client', hint: notYet },
  {
    key: 'gossip.client_addr',
    hint: 'Remove it: Patina dials from the address that it listens on.',
  },
  { key: 'gossip.max_mtu', hint: notYet },
  { key: 'gossip.disable_gso', hint: notYet },
  { key: 'gossip.member_id', hint: notYet },
  { key: 'gossip.compression', hint: notYet },
  { key: 'gossip.broadcast', hint: notYet },
  { key: 'perf.apply_channel_len', hint: noChannel },
  { key: 'perf.changes_channel_len', hint: noChannel },
  { key: 'perf.empties_channel_len', hint: noChannel },
  { key: 'perf.to_send_channel_len', hint: noChannel },
  { key: 'perf.notifications_channel_len', hint: noChannel },
  { key: 'perf.schedule_channel_len', hint: noChannel },
  { key: 'perf.clearbuf_channel_len', hint: noChannel },
  { key: 'perf.bcast_channel_len', hint: noChannel },
  { key: 'perf.foca_channel_len', hint: noChannel },
  { key: 'perf.processing_queue_len', hint: noChannel },
  { key: 'perf.wal_threshold_mb', hint: noChannel },
  { key: 'perf.apply_queue_max_batch_size', hint: noChannel },
  { key: 'perf.partial_retry_backoff', hint: noChannel },
  { key: 'perf.apply_queue_timeout', hint: noChannel },
  { key: 'perf.apply_queue_min_batch_size', hint: noChannel },
  { key: 'perf.apply_queue_step_base', hint: noChannel },
  { key: 'perf.apply_queue_batch_threshold_ratio', hint: noChannel },
  { key: 'telemetry.open-telemetry', hint: notYet },
  { key: 'consul', hint: notYet },
  { key: 'reaper', hint: notYet },
];

/** The entry that covers this full key, if Corrosion has it and Patina has not. */
export function foreignKeyOf(key: string): ForeignKey | undefined {
  return foreignKeys.find((foreign) => key === foreign.key || key.startsWith(`${foreign.key}.`));
}
