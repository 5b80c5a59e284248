-- the error for a part of the city that has no total
error(
    '没有“' || slice_kind || ' ' || slice_code || '”这个分组，见 mart.slice_organ / no such slice, see mart.slice_organ'
)
