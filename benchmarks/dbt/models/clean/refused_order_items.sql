{{ refused(ref('judged_order_items')) }}
