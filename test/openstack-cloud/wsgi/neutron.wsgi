from neutron.cmd.eventlet.server import main_api_eventlet
from sqlalchemy.orm import configure_mappers

application = main_api_eventlet()
# Some attributes of a port exist only once the mappers are set up; without this a worker whose
# first request lists ports answers 500.
configure_mappers()
