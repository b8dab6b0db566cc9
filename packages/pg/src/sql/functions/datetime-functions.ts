// Functions of dates, times and intervals. What depends on the session's time zone takes it as last argument.

export const datetimeFunctions = `
now() -> timestamptz = pg_now()
transaction_timestamp() -> timestamptz = pg_now()
statement_timestamp() -> timestamptz = pg_now()
clock_timestamp() -> timestamptz = pg_clock_timestamp()
timeofday() -> text = pg_timestamptz_text(pg_clock_timestamp(), $z)
date_trunc(text, timestamp) -> timestamp = date_trunc($1, $2)
date_trunc(text, timestamptz) -> timestamptz = pg_date_trunc_tz($1, $2, $z)
date_trunc(text, timestamptz, text) -> timestamptz = pg_date_trunc_tz($1, $2, $3)
date_trunc(text, interval) -> interval = pg_interval_trunc($1, $2)
date_bin(interval, timestamp, timestamp) -> timestamp
date_bin(interval, timestamptz, timestamptz) -> timestamptz
date_part(text, timestamp) -> float8 = CAST(pg_extract($1, $2) AS REAL)
date_part(text, date) -> float8 = CAST(pg_extract_date($1, $2) AS REAL)
date_part(text, time) -> float8 = CAST(pg_extract_time($1, $2) AS REAL)
date_part(text, timetz) -> float8 = CAST(pg_extract_timetz($1, $2) AS REAL)
date_part(text, timestamptz) -> float8 = CAST(pg_extract_tz($1, $2, $z) AS REAL)
date_part(text, interval) -> float8 = CAST(pg_extract_interval($1, $2) AS REAL)
extract(text, timestamp) -> numeric = pg_extract($1, $2)
extract(text, date) -> numeric = pg_extract_date($1, $2)
extract(text, time) -> numeric = pg_extract_time($1, $2)
extract(text, timetz) -> numeric = pg_extract_timetz($1, $2)
extract(text, timestamptz) -> numeric = pg_extract_tz($1, $2, $z)
extract(text, interval) -> numeric = pg_extract_interval($1, $2)
age(timestamp, timestamp) -> interval = pg_age($1, $2)
age(timestamptz, timestamptz) -> interval = pg_age(pg_timestamptz_local($1, $z), pg_timestamptz_local($2, $z))
age(timestamp) -> interval = pg_age(substr(pg_timestamptz_local(pg_now(), $z), 1, 10) || ' 00:00:00', $1)
age(timestamptz) -> interval = pg_age(substr(pg_timestamptz_local(pg_now(), $z), 1, 10) || ' 00:00:00', pg_timestamptz_local($1, $z))
age(xid) -> int4 = 1
to_char(timestamp, text) -> text = to_char($1, $2)
to_char(timestamptz, text) -> text = pg_to_char_tz($1, $2, $z)
to_char(interval, text) -> text = pg_to_char_interval($1, $2)
to_char(int4, text) -> text = pg_to_char_number($1, $2)
to_char(int8, text) -> text = pg_to_char_number($1, $2)
to_char(numeric, text) -> text = pg_to_char_number($1, $2)
to_char(float8, text) -> text = pg_to_char_number($1, $2)
to_char(float4, text) -> text = pg_to_char_number($1, $2)
to_timestamp(float8) -> timestamptz = pg_epoch_timestamptz($1)
to_timestamp(text, text) -> timestamptz = pg_to_timestamp($1, $2, $z)
to_date(text, text) -> date
make_date(int4, int4, int4) -> date
make_time(int4, int4, float8) -> time
make_timestamp(int4, int4, int4, int4, int4, float8) -> timestamp
make_timestamptz(int4, int4, int4, int4, int4, float8) -> timestamptz = pg_timestamp_at_zone(make_timestamp($1, $2, $3, $4, $5, $6), $z)
make_timestamptz(int4, int4, int4, int4, int4, float8, text) -> timestamptz = pg_timestamp_at_zone(make_timestamp($1, $2, $3, $4, $5, $6), $7)
make_interval() -> interval = make_interval(0, 0, 0, 0, 0, 0, 0)
make_interval(int4) -> interval = make_interval($1, 0, 0, 0, 0, 0, 0)
make_interval(int4, int4) -> interval = make_interval($1, $2, 0, 0, 0, 0, 0)
make_interval(int4, int4, int4) -> interval = make_interval($1, $2, $3, 0, 0, 0, 0)
make_interval(int4, int4, int4, int4) -> interval = make_interval($1, $2, $3, $4, 0, 0, 0)
make_interval(int4, int4, int4, int4, int4) -> interval = make_interval($1, $2, $3, $4, $5, 0, 0)
make_interval(int4, int4, int4, int4, int4, int4) -> interval = make_interval($1, $2, $3, $4, $5, $6, 0)
make_interval(int4, int4, int4, int4, int4, int4, float8) -> interval
justify_days(interval) -> interval
justify_hours(interval) -> interval
justify_interval(interval) -> interval
timezone(text, timestamptz) -> timestamp = pg_timestamptz_local($2, $1)
timezone(text, timestamp) -> timestamptz = pg_timestamp_at_zone($2, $1)
timezone(text, timetz) -> timetz = pg_timetz_at_zone($2, $1)
timezone(interval, timetz) -> timetz = pg_timetz_at_zone($2, $1)
timezone(interval, timestamptz) -> timestamp = pg_timestamptz_local($2, $1)
timezone(interval, timestamp) -> timestamptz = pg_timestamp_at_zone($2, $1)
overlaps(date, date, date, date) -> bool = pg_overlaps($1, $2, $3, $4)
overlaps(timestamp, timestamp, timestamp, timestamp) -> bool = pg_overlaps($1, $2, $3, $4)
overlaps(timestamptz, timestamptz, timestamptz, timestamptz) -> bool = pg_overlaps($1, $2, $3, $4)
overlaps(timestamp, interval, timestamp, interval) -> bool = pg_overlaps($1, pg_timestamp_add($1, $2), $3, pg_timestamp_add($3, $4))
overlaps(timestamptz, interval, timestamptz, interval) -> bool = pg_overlaps($1, pg_timestamptz_add($1, $2, $z), $3, pg_timestamptz_add($3, $4, $z))
overlaps(timestamp, timestamp, timestamp, interval) -> bool = pg_overlaps($1, $2, $3, pg_timestamp_add($3, $4))
overlaps(timestamp, interval, timestamp, timestamp) -> bool = pg_overlaps($1, pg_timestamp_add($1, $2), $3, $4)
overlaps(timestamptz, timestamptz, timestamptz, interval) -> bool = pg_overlaps($1, $2, $3, pg_timestamptz_add($3, $4, $z))
overlaps(timestamptz, interval, timestamptz, timestamptz) -> bool = pg_overlaps($1, pg_timestamptz_add($1, $2, $z), $3, $4)
overlaps(time, time, time, time) -> bool = pg_overlaps($1, $2, $3, $4)
pg_sleep(float8) -> void = NULL
`;
