// Functions of arrays, which are JSON text: [1,2,null].

export const arrayFunctions = `
array_length(anyarray, int4) -> int4
array_upper(anyarray, int4) -> int4 = array_length($1, $2)
array_lower(anyarray, int4) -> int4 = (CASE WHEN array_length($1, $2) IS NULL THEN NULL ELSE 1 END)
array_ndims(anyarray) -> int4
array_dims(anyarray) -> text
cardinality(anyarray) -> int4
array_append(anycompatiblearray, anycompatible) -> anycompatiblearray
array_prepend(anycompatible, anycompatiblearray) -> anycompatiblearray
array_cat(anycompatiblearray, anycompatiblearray) -> anycompatiblearray = pg_array_cat($1, $2)
array_remove(anycompatiblearray, anycompatible) -> anycompatiblearray
array_replace(anycompatiblearray, anycompatible, anycompatible) -> anycompatiblearray
array_position(anycompatiblearray, anycompatible) -> int4
array_position(anycompatiblearray, anycompatible, int4) -> int4
array_positions(anycompatiblearray, anycompatible) -> int4[]
array_to_string(anyarray, text) -> text = array_to_string($1, $2, NULL, $e1)
array_to_string(anyarray, text, text) -> text = array_to_string($1, $2, $3, $e1)
array_fill(anyelement, int4[]) -> anyarray
array_reverse(anyarray) -> anyarray
array_sort(anyarray) -> anyarray
trim_array(anyarray, int4) -> anyarray
array_shuffle(anyarray) -> anyarray
array_sample(anyarray, int4) -> anyarray
array_larger(anyarray, anyarray) -> anyarray = (CASE WHEN pg_array_cmp($1, $2) >= 0 THEN $1 ELSE $2 END)
`;
