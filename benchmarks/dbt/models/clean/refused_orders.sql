{{ refused(ref('judged_orders')) }}
