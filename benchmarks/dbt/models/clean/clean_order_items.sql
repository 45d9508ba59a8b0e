{{ kept(ref('judged_order_items')) }}
