// Functions of numbers.

export const mathFunctions = `
abs(int2) -> int2 = pg_to_int2(abs($1))
abs(int4) -> int4 = pg_to_int4(abs($1))
abs(int8) -> int8 = abs($1)
abs(float4) -> float4 = abs($1)
abs(float8) -> float8 = abs($1)
abs(numeric) -> numeric = pg_numeric_abs($1)
ceil(float8) -> float8 = ceil($1)
ceil(numeric) -> numeric = pg_numeric_ceil($1)
ceiling(float8) -> float8 = ceil($1)
ceiling(numeric) -> numeric = pg_numeric_ceil($1)
floor(float8) -> float8 = floor($1)
floor(numeric) -> numeric = pg_numeric_floor($1)
round(float8) -> float8 = pg_float_round($1)
round(numeric) -> numeric = pg_numeric_round($1, 0)
round(numeric, int4) -> numeric = pg_numeric_round($1, $2)
trunc(float8) -> float8 = trunc($1)
trunc(numeric) -> numeric = pg_numeric_trunc($1, 0)
trunc(numeric, int4) -> numeric = pg_numeric_trunc($1, $2)
sign(float8) -> float8 = CAST(sign($1) AS REAL)
sign(numeric) -> numeric = pg_numeric_sign($1)
mod(int2, int2) -> int2 = pg_int_mod($1, $2)
mod(int4, int4) -> int4 = pg_int_mod($1, $2)
mod(int8, int8) -> int8 = pg_int_mod($1, $2)
mod(numeric, numeric) -> numeric = pg_numeric_mod($1, $2)
div(numeric, numeric) -> numeric = pg_numeric_trunc(pg_numeric_div($1, $2), 0)
power(float8, float8) -> float8 = pg_float_power($1, $2)
power(numeric, numeric) -> numeric = pg_numeric_power($1, $2)
pow(float8, float8) -> float8 = pg_float_power($1, $2)
pow(numeric, numeric) -> numeric = pg_numeric_power($1, $2)
sqrt(float8) -> float8 = pg_float_sqrt($1)
sqrt(numeric) -> numeric = pg_numeric_sqrt($1)
cbrt(float8) -> float8
exp(float8) -> float8 = pg_float_exp($1)
exp(numeric) -> numeric = pg_numeric_exp($1)
ln(float8) -> float8 = pg_float_ln($1)
ln(numeric) -> numeric = pg_numeric_ln($1)
log(float8) -> float8 = pg_float_log10($1)
log(numeric) -> numeric = pg_numeric_log(10, $1)
log(numeric, numeric) -> numeric = pg_numeric_log($1, $2)
log10(float8) -> float8 = pg_float_log10($1)
log10(numeric) -> numeric = pg_numeric_log(10, $1)
sin(float8) -> float8 = sin($1)
cos(float8) -> float8 = cos($1)
tan(float8) -> float8 = tan($1)
cot(float8) -> float8
asin(float8) -> float8 = pg_asin($1)
acos(float8) -> float8 = pg_acos($1)
atan(float8) -> float8 = atan($1)
atan2(float8, float8) -> float8 = atan2($1, $2)
sinh(float8) -> float8 = sinh($1)
cosh(float8) -> float8 = cosh($1)
tanh(float8) -> float8 = tanh($1)
asinh(float8) -> float8 = asinh($1)
acosh(float8) -> float8 = pg_acosh($1)
atanh(float8) -> float8 = pg_atanh($1)
sind(float8) -> float8
cosd(float8) -> float8
tand(float8) -> float8
cotd(float8) -> float8
asind(float8) -> float8
acosd(float8) -> float8
atand(float8) -> float8
atan2d(float8, float8) -> float8
degrees(float8) -> float8 = degrees($1)
radians(float8) -> float8 = radians($1)
pi() -> float8 = pi()
random() -> float8 = pg_random()
random(int4, int4) -> int4 = pg_random_between($1, $2)
random(int8, int8) -> int8 = pg_random_between($1, $2)
setseed(float8) -> void = NULL
gcd(int4, int4) -> int4
gcd(int8, int8) -> int8
gcd(numeric, numeric) -> numeric = pg_numeric_gcd($1, $2)
lcm(int4, int4) -> int4
lcm(int8, int8) -> int8
lcm(numeric, numeric) -> numeric = pg_numeric_lcm($1, $2)
factorial(int8) -> numeric
scale(numeric) -> int4 = pg_numeric_scale($1)
min_scale(numeric) -> int4 = pg_numeric_scale(pg_numeric_trim_scale($1))
trim_scale(numeric) -> numeric = pg_numeric_trim_scale($1)
width_bucket(float8, float8, float8, int4) -> int4
width_bucket(numeric, numeric, numeric, int4) -> int4 = width_bucket(CAST($1 AS REAL), CAST($2 AS REAL), CAST($3 AS REAL), $4)
isfinite(date) -> bool
isfinite(timestamp) -> bool
isfinite(timestamptz) -> bool
isfinite(interval) -> bool = ($1 IS NOT NULL)
hashtext(text) -> int4
bit_count(bytea) -> int8
`;
