"""Reports on stock, shipments and fees of Fulfilment by Amazon, by report type.
What a report holds is in the modules beside this one."""

from . import myi_inventory

RENDERERS = {"GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA": myi_inventory.render}
